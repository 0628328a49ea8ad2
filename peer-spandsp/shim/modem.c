/* The transmitters and receivers of the four modems behind one pair of objects. */

#include "shim.h"

/* Bits waiting for a transmitter; a power of two. */
#define QUEUE 4096
/* Reports (bits and states) of one call of peer_rx_process at most. */
#define REPORTS 4096

struct peer_tx
{
    int modem;
    int rate;
    float level;
    void *state;
    /* Where bits come from: a pseudo-random sequence without end, or the queue. */
    int prbs;
    uint32_t shift;
    int shift_bits;
    uint8_t queue[QUEUE];
    uint32_t head;
    uint32_t tail;
    int ended;
    int shut_down;
    uint64_t taken;
};

struct peer_rx
{
    int modem;
    int rate;
    float cutoff;
    void *state;
    int counting;
    int reported;
    int8_t reports[REPORTS];
    uint64_t bits;
    uint64_t ones;
};

/* ---- transmit ---- */

/* 32 bits of Marsaglia's xorshift32 (13, 17, 5), lowest first. */
static int prbs_bit(peer_tx *tx)
{
    int bit;

    if (tx->shift_bits == 0)
    {
        tx->shift ^= tx->shift << 13;
        tx->shift ^= tx->shift >> 17;
        tx->shift ^= tx->shift << 5;
        tx->shift_bits = 32;
    }
    bit = (tx->shift >> (32 - tx->shift_bits)) & 1;
    tx->shift_bits--;
    return bit;
}

static int next_bit(void *user_data)
{
    peer_tx *tx = (peer_tx *) user_data;

    if (tx->prbs)
    {
        tx->taken++;
        return prbs_bit(tx);
    }
    if (tx->head == tx->tail)
        return SIG_STATUS_END_OF_DATA;
    tx->taken++;
    return tx->queue[tx->head++ & (QUEUE - 1)];
}

static void tx_status(void *user_data, int status)
{
    if (status == SIG_STATUS_SHUTDOWN_COMPLETE)
        ((peer_tx *) user_data)->shut_down = 1;
}

peer_tx *peer_tx_new(int modem, int rate, int tep, float level)
{
    peer_tx *tx = (peer_tx *) calloc(1, sizeof(*tx));

    if (tx == NULL)
        return NULL;
    tx->modem = modem;
    tx->rate = rate;
    tx->level = level;
    switch (modem)
    {
    case PEER_V21:
        tx->state = fsk_tx_init(NULL, &preset_fsk_specs[FSK_V21CH2], next_bit, tx);
        break;
    case PEER_V27TER:
        tx->state = v27ter_tx_init(NULL, rate, tep, next_bit, tx);
        break;
    case PEER_V29:
        tx->state = v29_tx_init(NULL, rate, tep, next_bit, tx);
        break;
    case PEER_V17:
        tx->state = v17_tx_init(NULL, rate, tep, next_bit, tx);
        break;
    }
    if (tx->state == NULL || peer_tx_restart(tx, tep, 0, 0) != 0)
    {
        peer_tx_free(tx);
        return NULL;
    }
    return tx;
}

void peer_tx_free(peer_tx *tx)
{
    if (tx->state != NULL)
    {
        switch (tx->modem)
        {
        case PEER_V21:
            fsk_tx_free((fsk_tx_state_t *) tx->state);
            break;
        case PEER_V27TER:
            v27ter_tx_free((v27ter_tx_state_t *) tx->state);
            break;
        case PEER_V29:
            v29_tx_free((v29_tx_state_t *) tx->state);
            break;
        case PEER_V17:
            v17_tx_free((v17_tx_state_t *) tx->state);
            break;
        }
    }
    free(tx);
}

/* A new burst at the same level, its carrier at the given phase (2^32 a turn); the queue is emptied. */
int peer_tx_restart(peer_tx *tx, int tep, int short_train, uint32_t carrier_phase)
{
    int bad = -1;

    tx->head = tx->tail = 0;
    tx->ended = 0;
    tx->shut_down = 0;
    tx->prbs = 0;
    switch (tx->modem)
    {
    case PEER_V21:
        bad = fsk_tx_restart((fsk_tx_state_t *) tx->state, &preset_fsk_specs[FSK_V21CH2]);
        fsk_tx_power((fsk_tx_state_t *) tx->state, tx->level);
        fsk_tx_set_modem_status_handler((fsk_tx_state_t *) tx->state, tx_status, tx);
        ((fsk_tx_state_t *) tx->state)->phase_acc = carrier_phase;
        break;
    case PEER_V27TER:
        bad = v27ter_tx_restart((v27ter_tx_state_t *) tx->state, tx->rate, tep);
        v27ter_tx_power((v27ter_tx_state_t *) tx->state, tx->level);
        v27ter_tx_set_modem_status_handler((v27ter_tx_state_t *) tx->state, tx_status, tx);
        ((v27ter_tx_state_t *) tx->state)->carrier_phase = carrier_phase;
        break;
    case PEER_V29:
        bad = v29_tx_restart((v29_tx_state_t *) tx->state, tx->rate, tep);
        v29_tx_power((v29_tx_state_t *) tx->state, tx->level);
        v29_tx_set_modem_status_handler((v29_tx_state_t *) tx->state, tx_status, tx);
        ((v29_tx_state_t *) tx->state)->carrier_phase = carrier_phase;
        break;
    case PEER_V17:
        bad = v17_tx_restart((v17_tx_state_t *) tx->state, tx->rate, tep, short_train);
        v17_tx_power((v17_tx_state_t *) tx->state, tx->level);
        v17_tx_set_modem_status_handler((v17_tx_state_t *) tx->state, tx_status, tx);
        ((v17_tx_state_t *) tx->state)->carrier_phase = carrier_phase;
        break;
    }
    return bad;
}

void peer_tx_prbs(peer_tx *tx, uint32_t seed)
{
    tx->prbs = 1;
    tx->shift = seed ? seed : 1;
    tx->shift_bits = 0;
}

int peer_tx_room(const peer_tx *tx)
{
    return QUEUE - (int) (tx->tail - tx->head);
}

/* One bit an octet; returns how many fitted. */
int peer_tx_push(peer_tx *tx, const uint8_t *bits, int count)
{
    int room = peer_tx_room(tx);
    int i;

    if (count > room)
        count = room;
    for (i = 0; i < count; i++)
        tx->queue[tx->tail++ & (QUEUE - 1)] = bits[i] & 1;
    return count;
}

/* The pseudo-random sequence stops here; the queue ends by itself when it runs empty. */
void peer_tx_end_of_bits(peer_tx *tx)
{
    tx->prbs = 0;
}

/* Samples written; 0 once the burst, its turn-off included, is over. The fast modems fill the block
   in which they end with silence. */
int peer_tx_fill(peer_tx *tx, int16_t *samples, int count)
{
    switch (tx->modem)
    {
    case PEER_V21:
        return fsk_tx((fsk_tx_state_t *) tx->state, samples, count);
    case PEER_V27TER:
        return v27ter_tx((v27ter_tx_state_t *) tx->state, samples, count);
    case PEER_V29:
        return v29_tx((v29_tx_state_t *) tx->state, samples, count);
    case PEER_V17:
        return v17_tx((v17_tx_state_t *) tx->state, samples, count);
    }
    return 0;
}

uint64_t peer_tx_bits_taken(const peer_tx *tx)
{
    return tx->taken;
}

/* ---- receive ---- */

static void put_bit(void *user_data, int bit)
{
    peer_rx *rx = (peer_rx *) user_data;

    if (rx->counting)
    {
        if (bit >= 0)
        {
            rx->bits++;
            rx->ones += bit;
        }
        return;
    }
    if (rx->reported < REPORTS)
        rx->reports[rx->reported++] = (int8_t) bit;
}

peer_rx *peer_rx_new(int modem, int rate, float cutoff)
{
    peer_rx *rx = (peer_rx *) calloc(1, sizeof(*rx));

    if (rx == NULL)
        return NULL;
    rx->modem = modem;
    rx->rate = rate;
    rx->cutoff = cutoff;
    switch (modem)
    {
    case PEER_V21:
        rx->state = fsk_rx_init(NULL, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC, put_bit, rx);
        break;
    case PEER_V27TER:
        rx->state = v27ter_rx_init(NULL, rate, put_bit, rx);
        break;
    case PEER_V29:
        rx->state = v29_rx_init(NULL, rate, put_bit, rx);
        break;
    case PEER_V17:
        rx->state = v17_rx_init(NULL, rate, put_bit, rx);
        break;
    }
    if (rx->state == NULL || peer_rx_restart(rx, 0) != 0)
    {
        peer_rx_free(rx);
        return NULL;
    }
    return rx;
}

void peer_rx_free(peer_rx *rx)
{
    if (rx->state != NULL)
    {
        switch (rx->modem)
        {
        case PEER_V21:
            fsk_rx_free((fsk_rx_state_t *) rx->state);
            break;
        case PEER_V27TER:
            v27ter_rx_free((v27ter_rx_state_t *) rx->state);
            break;
        case PEER_V29:
            v29_rx_free((v29_rx_state_t *) rx->state);
            break;
        case PEER_V17:
            v17_rx_free((v17_rx_state_t *) rx->state);
            break;
        }
    }
    free(rx);
}

int peer_rx_restart(peer_rx *rx, int short_train)
{
    int bad = -1;

    switch (rx->modem)
    {
    case PEER_V21:
        bad = fsk_rx_restart((fsk_rx_state_t *) rx->state, &preset_fsk_specs[FSK_V21CH2], FSK_FRAME_MODE_SYNC);
        fsk_rx_signal_cutoff((fsk_rx_state_t *) rx->state, rx->cutoff);
        break;
    case PEER_V27TER:
        bad = v27ter_rx_restart((v27ter_rx_state_t *) rx->state, rx->rate, 0);
        v27ter_rx_signal_cutoff((v27ter_rx_state_t *) rx->state, rx->cutoff);
        break;
    case PEER_V29:
        bad = v29_rx_restart((v29_rx_state_t *) rx->state, rx->rate, 0);
        v29_rx_signal_cutoff((v29_rx_state_t *) rx->state, rx->cutoff);
        break;
    case PEER_V17:
        bad = v17_rx_restart((v17_rx_state_t *) rx->state, rx->rate, short_train);
        v17_rx_signal_cutoff((v17_rx_state_t *) rx->state, rx->cutoff);
        break;
    }
    return bad;
}

static void receive(peer_rx *rx, const int16_t *samples, int count)
{
    switch (rx->modem)
    {
    case PEER_V21:
        fsk_rx((fsk_rx_state_t *) rx->state, samples, count);
        break;
    case PEER_V27TER:
        v27ter_rx((v27ter_rx_state_t *) rx->state, samples, count);
        break;
    case PEER_V29:
        v29_rx((v29_rx_state_t *) rx->state, samples, count);
        break;
    case PEER_V17:
        v17_rx((v17_rx_state_t *) rx->state, samples, count);
        break;
    }
}

/* Returns how many reports peer_rx_reports then shows: 0 and 1 are bits, negative values
   SIG_STATUS_*. At most 1000 samples a call, so that they all fit. */
int peer_rx_process(peer_rx *rx, const int16_t *samples, int count)
{
    rx->reported = 0;
    rx->counting = 0;
    receive(rx, samples, count);
    return rx->reported;
}

const int8_t *peer_rx_reports(const peer_rx *rx)
{
    return rx->reports;
}

/* The same without reports: bits and ones are counted, nothing else is kept. */
void peer_rx_count(peer_rx *rx, const int16_t *samples, int count)
{
    rx->counting = 1;
    receive(rx, samples, count);
}

uint64_t peer_rx_bits_counted(const peer_rx *rx)
{
    return rx->bits;
}

uint64_t peer_rx_ones_counted(const peer_rx *rx)
{
    return rx->ones;
}

/* The carrier frequency the receiver believes in, Hz; 0 for V.21. */
float peer_rx_carrier(const peer_rx *rx)
{
    switch (rx->modem)
    {
    case PEER_V27TER:
        return v27ter_rx_carrier_frequency((v27ter_rx_state_t *) rx->state);
    case PEER_V29:
        return v29_rx_carrier_frequency((v29_rx_state_t *) rx->state);
    case PEER_V17:
        return v17_rx_carrier_frequency((v17_rx_state_t *) rx->state);
    }
    return 0.0f;
}

/* The level it measures, dBm0. */
float peer_rx_power(const peer_rx *rx)
{
    switch (rx->modem)
    {
    case PEER_V21:
        return fsk_rx_signal_power((fsk_rx_state_t *) rx->state);
    case PEER_V27TER:
        return v27ter_rx_signal_power((v27ter_rx_state_t *) rx->state);
    case PEER_V29:
        return v29_rx_signal_power((v29_rx_state_t *) rx->state);
    case PEER_V17:
        return v17_rx_signal_power((v17_rx_state_t *) rx->state);
    }
    return 0.0f;
}
