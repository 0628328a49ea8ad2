/* One party of a V.8 negotiation. */

#include "shim.h"

struct peer_v8
{
    v8_state_t *state;
    int ended;
    v8_parms_t result;
};

static void ended(void *user_data, v8_parms_t *result)
{
    peer_v8 *v8 = (peer_v8 *) user_data;

    v8->ended = 1;
    v8->result = *result;
}

peer_v8 *peer_v8_new(int calling, int connect_tone, int call_function, uint32_t modulations)
{
    peer_v8 *v8 = (peer_v8 *) calloc(1, sizeof(*v8));
    v8_parms_t terms;

    if (v8 == NULL)
        return NULL;
    memset(&terms, 0, sizeof(terms));
    terms.modem_connect_tone = connect_tone;
    terms.call_function = call_function;
    terms.modulations = modulations;
    terms.protocol = V8_PROTOCOL_NONE;
    terms.nsf = -1;
    terms.t66 = -1;
    v8->state = v8_init(NULL, calling, &terms, ended, v8);
    if (v8->state == NULL)
    {
        free(v8);
        return NULL;
    }
    return v8;
}

void peer_v8_free(peer_v8 *v8)
{
    v8_free(v8->state);
    free(v8);
}

int peer_v8_fill(peer_v8 *v8, int16_t *samples, int count)
{
    return v8_tx(v8->state, samples, count);
}

void peer_v8_process(peer_v8 *v8, const int16_t *samples, int count)
{
    v8_rx(v8->state, samples, count);
}

/* Whether there is a result; the latest is given. */
int peer_v8_result(const peer_v8 *v8, int *status, int *call_function, uint32_t *modulations)
{
    *status = v8->result.status;
    *call_function = v8->result.call_function;
    *modulations = v8->result.modulations;
    return v8->ended;
}
