/* A fax machine on a phone line. */

#include "call.h"

peer_terminal *peer_fax_new(int calling, const peer_terminal_settings *settings)
{
    peer_terminal *terminal = (peer_terminal *) calloc(1, sizeof(*terminal));

    if (terminal == NULL)
        return NULL;
    terminal->fax = fax_init(NULL, calling);
    if (terminal->fax == NULL)
    {
        free(terminal);
        return NULL;
    }
    terminal->t30 = fax_get_t30_state(terminal->fax);
    fax_set_transmit_on_idle(terminal->fax, TRUE);
    fax_set_tep_mode(terminal->fax, settings->tep);
    peer_journal_log(fax_get_logging_state(terminal->fax), settings->log_level);
    peer_journal_log(&terminal->fax->modems.logging, settings->log_level);
    peer_terminal_set(terminal, settings);
    return terminal;
}

/* At most 20 ms at a time, as telephony software calls the library; it writes into what it hears. */
enum { BLOCK = 160 };

void peer_fax_exchange(peer_terminal *terminal, const int16_t *heard, int16_t *said, int count)
{
    int16_t block[BLOCK];
    int length;
    int filled;

    peer_journal_open(&terminal->journal);
    for (int at = 0;  at < count;  at += length)
    {
        length = (count - at < BLOCK)  ?  count - at  :  BLOCK;
        memcpy(block, &heard[at], length*sizeof(block[0]));
        fax_rx(terminal->fax, block, length);
        filled = fax_tx(terminal->fax, &said[at], length);
        memset(&said[at + filled], 0, (length - filled)*sizeof(said[0]));
        terminal->journal.samples += length;
    }
    peer_journal_close();
}
