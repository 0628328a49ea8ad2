/* What a fax machine on audio and one on T.38 share: the T.30 engine, its settings, its outcome. */

#include "call.h"

/* The library's order of fast modems, best first, as it steps down through them after FTT. */
static const struct { int bit_rate; int modem; } fallbacks[] =
{
    {14400, T30_SUPPORT_V17},
    {12000, T30_SUPPORT_V17},
    { 9600, T30_SUPPORT_V17},
    { 9600, T30_SUPPORT_V29},
    { 7200, T30_SUPPORT_V17},
    { 7200, T30_SUPPORT_V29},
    { 4800, T30_SUPPORT_V27TER},
    { 2400, T30_SUPPORT_V27TER}
};

/* A sender that starts below its best rate. The library offers no such setting, but asks its phase B
   handler after it has chosen the first rate and before it builds the DCS. */
static void limit_rate(const peer_terminal *terminal)
{
    t30_state_t *t30 = terminal->t30;
    int last = (int) (sizeof(fallbacks)/sizeof(fallbacks[0])) - 1;

    while (t30->current_fallback < last
           &&  (fallbacks[t30->current_fallback].bit_rate > terminal->max_rate
                ||  !(fallbacks[t30->current_fallback].modem & t30->current_permitted_modems)))
        t30->current_fallback++;
}

static int phase_b(t30_state_t *t30, void *user_data, int result)
{
    peer_terminal *terminal = (peer_terminal *) user_data;

    if (terminal->max_rate > 0  &&  (result == T30_DIS  ||  result == T30_DTC))
        limit_rate(terminal);
    peer_journal_line(&terminal->journal, "phase B %s", t30_frametype(result));
    return T30_ERR_OK;
}

/* Rows count once a page; commands and answers that are repeated come here again. */
static void judge_page(peer_terminal *terminal)
{
    t30_stats_t stats;
    int pages;

    t30_get_transfer_statistics(terminal->t30, &stats);
    pages = stats.pages_rx + stats.pages_tx;
    peer_journal_line(&terminal->journal, "page %d: %d rows, %d bad, longest run %d, %d bit/s, %s, %d ECM retries",
                      pages, stats.length, stats.bad_rows, stats.longest_bad_row_run, stats.bit_rate,
                      stats.error_correcting_mode ? "ECM" : "no ECM", stats.error_correcting_mode_retries);
    if (pages == terminal->pages_judged)
        return;
    terminal->pages_judged = pages;
    terminal->outcome.bad_rows += stats.bad_rows;
    if (stats.longest_bad_row_run > terminal->outcome.longest_bad_run)
        terminal->outcome.longest_bad_run = stats.longest_bad_row_run;
}

static int phase_d(t30_state_t *t30, void *user_data, int result)
{
    peer_terminal *terminal = (peer_terminal *) user_data;

    peer_journal_line(&terminal->journal, "phase D %s", t30_frametype(result));
    judge_page(terminal);
    if (terminal->not_ready > 0)
        t30_set_receiver_not_ready(t30, terminal->not_ready);
    return T30_ERR_OK;
}

static void phase_e(t30_state_t *t30, void *user_data, int code)
{
    peer_terminal *terminal = (peer_terminal *) user_data;
    t30_stats_t stats;

    t30_get_transfer_statistics(t30, &stats);
    terminal->ended = 1;
    terminal->outcome.code = code;
    terminal->outcome.pages_sent = stats.pages_tx;
    terminal->outcome.pages_received = stats.pages_rx;
    terminal->outcome.bit_rate = stats.bit_rate;
    terminal->outcome.ecm = stats.error_correcting_mode != 0;
    terminal->outcome.ecm_retries = stats.error_correcting_mode_retries;
    peer_journal_line(&terminal->journal, "phase E %d %s", code, t30_completion_code_to_str(code));
}

static void frame(t30_state_t *t30, void *user_data, int incoming, const uint8_t *octets, int count)
{
    peer_journal_frame(&((peer_terminal *) user_data)->journal, incoming ? "hears" : "says", octets, count);
}

void peer_terminal_set(peer_terminal *terminal, const peer_terminal_settings *settings)
{
    t30_state_t *t30 = terminal->t30;

    terminal->max_rate = settings->max_rate;
    terminal->not_ready = settings->not_ready;
    t30_set_phase_b_handler(t30, phase_b, terminal);
    t30_set_phase_d_handler(t30, phase_d, terminal);
    t30_set_phase_e_handler(t30, phase_e, terminal);
    t30_set_real_time_frame_handler(t30, frame, terminal);
    t30_set_tx_ident(t30, settings->ident);
    t30_set_ecm_capability(t30, settings->ecm);
    t30_set_supported_compressions(t30, settings->compressions);
    t30_set_supported_modems(t30, settings->modems);
    t30_set_supported_resolutions(t30, T30_SUPPORT_STANDARD_RESOLUTION | T30_SUPPORT_FINE_RESOLUTION
                                       | T30_SUPPORT_SUPERFINE_RESOLUTION | T30_SUPPORT_R8_RESOLUTION
                                       | T30_SUPPORT_R16_RESOLUTION);
    t30_set_supported_image_sizes(t30, T30_SUPPORT_215MM_WIDTH | T30_SUPPORT_255MM_WIDTH | T30_SUPPORT_303MM_WIDTH
                                       | T30_SUPPORT_US_LETTER_LENGTH | T30_SUPPORT_US_LEGAL_LENGTH
                                       | T30_SUPPORT_UNLIMITED_LENGTH);
    t30_set_supported_t30_features(t30, T30_SUPPORT_IDENTIFICATION | T30_SUPPORT_SELECTIVE_POLLING
                                        | T30_SUPPORT_SUB_ADDRESSING);
    t30_set_rx_encoding(t30, T4_COMPRESSION_ITU_T6);
    t30_set_minimum_scan_line_time(t30, settings->min_row_ms);
    if (settings->sub_address)
        t30_set_tx_sub_address(t30, settings->sub_address);
    if (settings->polling_address)
        t30_set_tx_selective_polling_address(t30, settings->polling_address);
    if (settings->password)
        t30_set_tx_password(t30, settings->password);
    if (settings->nsf_length > 0)
        t30_set_tx_nsf(t30, settings->nsf, settings->nsf_length);
    if (settings->send)
        t30_set_tx_file(t30, settings->send, -1, -1);
    if (settings->receive)
        t30_set_rx_file(t30, settings->receive, -1);
    peer_journal_log(t30_get_logging_state(t30), settings->log_level);
}

void peer_terminal_free(peer_terminal *terminal)
{
    if (terminal->fax)
        fax_free(terminal->fax);
    if (terminal->t38)
        t38_terminal_free(terminal->t38);
    free(terminal);
}

int peer_terminal_active(peer_terminal *terminal)
{
    return t30_call_active(terminal->t30);
}

int peer_terminal_outcome(const peer_terminal *terminal, peer_outcome *outcome)
{
    *outcome = terminal->outcome;
    return terminal->ended;
}

void peer_terminal_hang_up(peer_terminal *terminal)
{
    peer_journal_open(&terminal->journal);
    t30_terminate(terminal->t30);
    peer_journal_close();
}

peer_journal *peer_terminal_journal(peer_terminal *terminal)
{
    return &terminal->journal;
}

peer_outbox *peer_terminal_outbox(peer_terminal *terminal)
{
    return &terminal->outbox;
}
