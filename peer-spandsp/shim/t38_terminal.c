/* A fax machine on T.38: a server's fax application, not a line. */

#include "call.h"

peer_terminal *peer_t38_terminal_new(int calling, const peer_terminal_settings *settings)
{
    peer_terminal *terminal = (peer_terminal *) calloc(1, sizeof(*terminal));
    t38_core_state_t *core;

    if (terminal == NULL)
        return NULL;
    terminal->t38 = t38_terminal_init(NULL, calling, peer_outbox_put, &terminal->outbox);
    if (terminal->t38 == NULL)
    {
        free(terminal);
        return NULL;
    }
    terminal->t30 = t38_terminal_get_t30_state(terminal->t38);
    core = t38_terminal_get_t38_core_state(terminal->t38);
    /* First: it sets copies of its own. */
    t38_terminal_set_config(terminal->t38, settings->unpaced ? T38_TERMINAL_OPTION_NO_PACING : 0);
    t38_terminal_set_tep_mode(terminal->t38, settings->tep);
    t38_terminal_set_fill_bit_removal(terminal->t38, settings->t38.fill_bit_removal);
    peer_t38_set(core, &settings->t38);
    peer_journal_log(t38_terminal_get_logging_state(terminal->t38), settings->log_level);
    peer_journal_log(t38_core_get_logging_state(core), settings->log_level);
    peer_terminal_set(terminal, settings);
    return terminal;
}

/* One look at the clock in 20 ms at least, as servers do. */
enum { STEP = 160 };

void peer_t38_terminal_advance(peer_terminal *terminal, int samples)
{
    int step;

    peer_journal_open(&terminal->journal);
    for (int at = 0;  at < samples;  at += step)
    {
        step = (samples - at < STEP)  ?  samples - at  :  STEP;
        t38_terminal_send_timeout(terminal->t38, step);
        terminal->journal.samples += step;
    }
    peer_journal_close();
}

int peer_t38_terminal_receive(peer_terminal *terminal, const uint8_t *octets, int count, int seq)
{
    int taken;

    peer_journal_open(&terminal->journal);
    taken = t38_core_rx_ifp_packet(t38_terminal_get_t38_core_state(terminal->t38), octets, count, (uint16_t) seq);
    peer_journal_close();
    return taken;
}
