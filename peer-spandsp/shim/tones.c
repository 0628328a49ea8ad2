/* Tones that connect modems: generators and detectors. */

#include "shim.h"

/* Reports of one call of peer_tone_rx_process at most. */
#define REPORTS 64

struct peer_tone_rx
{
    modem_connect_tones_rx_state_t *state;
    int reported;
    int tones[REPORTS];
    int levels[REPORTS];
};

modem_connect_tones_tx_state_t *peer_tone_tx_new(int tone)
{
    return modem_connect_tones_tx_init(NULL, tone);
}

void peer_tone_tx_free(modem_connect_tones_tx_state_t *tx)
{
    modem_connect_tones_tx_free(tx);
}

int peer_tone_tx_fill(modem_connect_tones_tx_state_t *tx, int16_t *samples, int count)
{
    return modem_connect_tones_tx(tx, samples, count);
}

static void report(void *user_data, int tone, int level, int delay)
{
    peer_tone_rx *rx = (peer_tone_rx *) user_data;

    (void) delay;
    if (rx->reported < REPORTS)
    {
        rx->tones[rx->reported] = tone;
        rx->levels[rx->reported++] = level;
    }
}

peer_tone_rx *peer_tone_rx_new(int tone)
{
    peer_tone_rx *rx = (peer_tone_rx *) calloc(1, sizeof(*rx));

    if (rx == NULL)
        return NULL;
    rx->state = modem_connect_tones_rx_init(NULL, tone, report, rx);
    if (rx->state == NULL)
    {
        free(rx);
        return NULL;
    }
    return rx;
}

void peer_tone_rx_free(peer_tone_rx *rx)
{
    modem_connect_tones_rx_free(rx->state);
    free(rx);
}

int peer_tone_rx_process(peer_tone_rx *rx, const int16_t *samples, int count)
{
    rx->reported = 0;
    modem_connect_tones_rx(rx->state, samples, count);
    return rx->reported;
}

void peer_tone_rx_report(const peer_tone_rx *rx, int index, int *tone, int *level)
{
    *tone = rx->tones[index];
    *level = rx->levels[index];
}
