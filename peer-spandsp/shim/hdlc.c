/* HDLC with the 16-bit check, bit by bit. */

#include "shim.h"

/* Reports one bit can cause. */
#define REPORTS 4

struct report
{
    int count;      /* octets without the check, or a negative SIG_STATUS */
    int good;
    uint8_t octets[HDLC_MAXFRAME_LEN + 4];
};

struct peer_hdlc_rx
{
    hdlc_rx_state_t *state;
    int reported;
    struct report reports[REPORTS];
};

static void underflow(void *user_data)
{
    (void) user_data;
}

hdlc_tx_state_t *peer_hdlc_tx_new(int flags_between)
{
    return hdlc_tx_init(NULL, FALSE, flags_between, FALSE, underflow, NULL);
}

void peer_hdlc_tx_free(hdlc_tx_state_t *tx)
{
    hdlc_tx_free(tx);
}

int peer_hdlc_tx_flags(hdlc_tx_state_t *tx, int count)
{
    return hdlc_tx_flags(tx, count);
}

/* 0, or -1 while the frame before is not yet out; a count of 0 ends after what is queued. */
int peer_hdlc_tx_frame(hdlc_tx_state_t *tx, const uint8_t *octets, int count)
{
    return hdlc_tx_frame(tx, octets, (size_t) count);
}

/* 0, 1 or a negative SIG_STATUS at the end. */
int peer_hdlc_tx_bit(hdlc_tx_state_t *tx)
{
    return hdlc_tx_get_bit(tx);
}

static void accept(void *user_data, const uint8_t *octets, int count, int good)
{
    peer_hdlc_rx *rx = (peer_hdlc_rx *) user_data;
    struct report *report;

    if (rx->reported >= REPORTS || count > HDLC_MAXFRAME_LEN + 4)
        return;
    report = &rx->reports[rx->reported++];
    report->count = count;
    report->good = good;
    if (count > 0)
        memcpy(report->octets, octets, (size_t) count);
}

peer_hdlc_rx *peer_hdlc_rx_new(void)
{
    peer_hdlc_rx *rx = (peer_hdlc_rx *) calloc(1, sizeof(*rx));

    if (rx == NULL)
        return NULL;
    rx->state = hdlc_rx_init(NULL, FALSE, TRUE, 5, accept, rx);
    if (rx->state == NULL)
    {
        free(rx);
        return NULL;
    }
    return rx;
}

void peer_hdlc_rx_free(peer_hdlc_rx *rx)
{
    hdlc_rx_free(rx->state);
    free(rx);
}

/* Takes a bit or a negative SIG_STATUS; returns how many reports it caused. */
int peer_hdlc_rx_put(peer_hdlc_rx *rx, int bit)
{
    rx->reported = 0;
    hdlc_rx_put_bit(rx->state, bit);
    return rx->reported;
}

/* Octets without the check, or a negative SIG_STATUS. */
int peer_hdlc_rx_report(const peer_hdlc_rx *rx, int index, const uint8_t **octets, int *good)
{
    *octets = rx->reports[index].octets;
    *good = rx->reports[index].good;
    return rx->reports[index].count;
}
