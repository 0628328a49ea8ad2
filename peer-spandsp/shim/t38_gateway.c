/* The library's gateway between a phone line and T.38. */

#include "call.h"

static void frame(t38_gateway_state_t *state, void *user_data, int incoming, const uint8_t *octets, int count)
{
    peer_journal_frame(&((peer_gateway *) user_data)->journal, incoming ? "from line" : "from T.38", octets, count);
}

peer_gateway *peer_gateway_new(const peer_gateway_settings *settings)
{
    peer_gateway *gateway = (peer_gateway *) calloc(1, sizeof(*gateway));
    t38_core_state_t *core;

    if (gateway == NULL)
        return NULL;
    gateway->state = t38_gateway_init(NULL, peer_outbox_put, &gateway->outbox);
    if (gateway->state == NULL)
    {
        free(gateway);
        return NULL;
    }
    core = t38_gateway_get_t38_core_state(gateway->state);
    t38_gateway_set_transmit_on_idle(gateway->state, TRUE);
    t38_gateway_set_ecm_capability(gateway->state, settings->ecm);
    t38_gateway_set_supported_modems(gateway->state, settings->modems);
    t38_gateway_set_tep_mode(gateway->state, settings->tep);
    t38_gateway_set_fill_bit_removal(gateway->state, settings->t38.fill_bit_removal);
    if (settings->pass_nsf)
        t38_gateway_set_nsx_suppression(gateway->state, NULL, 0, NULL, 0);
    t38_gateway_set_real_time_frame_handler(gateway->state, frame, gateway);
    peer_t38_set(core, &settings->t38);
    peer_journal_log(t38_gateway_get_logging_state(gateway->state), settings->log_level);
    peer_journal_log(t38_core_get_logging_state(core), settings->log_level);
    peer_journal_log(&gateway->state->audio.modems.logging, settings->log_level);
    return gateway;
}

void peer_gateway_free(peer_gateway *gateway)
{
    t38_gateway_free(gateway->state);
    free(gateway);
}

/* As for a fax machine. */
enum { BLOCK = 160 };

void peer_gateway_exchange(peer_gateway *gateway, const int16_t *heard, int16_t *said, int count)
{
    int16_t block[BLOCK];
    int length;
    int filled;

    peer_journal_open(&gateway->journal);
    for (int at = 0;  at < count;  at += length)
    {
        length = (count - at < BLOCK)  ?  count - at  :  BLOCK;
        memcpy(block, &heard[at], length*sizeof(block[0]));
        t38_gateway_rx(gateway->state, block, length);
        filled = t38_gateway_tx(gateway->state, &said[at], length);
        memset(&said[at + filled], 0, (length - filled)*sizeof(said[0]));
        gateway->journal.samples += length;
    }
    peer_journal_close();
}

int peer_gateway_receive(peer_gateway *gateway, const uint8_t *octets, int count, int seq)
{
    int taken;

    peer_journal_open(&gateway->journal);
    taken = t38_core_rx_ifp_packet(t38_gateway_get_t38_core_state(gateway->state), octets, count, (uint16_t) seq);
    peer_journal_close();
    return taken;
}

void peer_gateway_statistics(peer_gateway *gateway, int *pages, int *bit_rate, int *ecm)
{
    t38_stats_t stats;

    t38_gateway_get_transfer_statistics(gateway->state, &stats);
    *pages = stats.pages_transferred;
    *bit_rate = stats.bit_rate;
    *ecm = stats.error_correcting_mode;
}

peer_journal *peer_gateway_journal(peer_gateway *gateway)
{
    return &gateway->journal;
}

peer_outbox *peer_gateway_outbox(peer_gateway *gateway)
{
    return &gateway->outbox;
}
