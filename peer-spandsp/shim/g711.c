/* One leg of G.711 with the library's codec. */

#include "shim.h"

void peer_alaw_leg(int16_t *samples, int count)
{
    int i;

    for (i = 0; i < count; i++)
        samples[i] = alaw_to_linear(linear_to_alaw(samples[i]));
}

void peer_ulaw_leg(int16_t *samples, int count)
{
    int i;

    for (i = 0; i < count; i++)
        samples[i] = ulaw_to_linear(linear_to_ulaw(samples[i]));
}
