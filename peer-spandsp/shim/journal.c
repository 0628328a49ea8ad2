/* What an object says besides samples: lines of text, and IFP packets. */

#include <stdarg.h>
#include <stdio.h>

#include "call.h"

/* The object that runs on this thread, if it asked for a log. */
static __thread peer_journal *running;

void peer_journal_line(peer_journal *journal, const char *format, ...)
{
    int room = (int) sizeof(journal->text) - journal->used;
    char *at = &journal->text[journal->used];
    int head;
    int tail;
    va_list args;

    head = snprintf(at, room, "%llu ", (unsigned long long) journal->samples);
    if (head >= room)
    {
        *at = '\0';
        journal->lost++;
        return;
    }
    va_start(args, format);
    tail = vsnprintf(at + head, room - head, format, args);
    va_end(args);
    /* One octet for the end of the line, one for NUL. */
    if (tail < 0  ||  head + tail + 2 > room)
    {
        *at = '\0';
        journal->lost++;
        return;
    }
    at[head + tail] = '\n';
    at[head + tail + 1] = '\0';
    journal->used += head + tail + 1;
}

const char *peer_journal_take(peer_journal *journal, uint32_t *lost)
{
    journal->text[journal->used] = '\0';
    journal->used = 0;
    *lost = journal->lost;
    journal->lost = 0;
    return journal->text;
}

void peer_journal_open(peer_journal *journal)
{
    running = journal;
}

void peer_journal_close(void)
{
    running = NULL;
}

static void logged(int level, const char *text)
{
    (void) level;
    if (running)
        peer_journal_line(running, "log %.*s", (int) strcspn(text, "\n"), text);
}

void peer_journal_log(logging_state_t *log, int level)
{
    span_log_set_level(log, level ? level | SPAN_LOG_SHOW_PROTOCOL : SPAN_LOG_NONE);
    span_log_set_message_handler(log, logged);
}

void peer_journal_frame(peer_journal *journal, const char *how, const uint8_t *octets, int count)
{
    char hex[3*64 + 1] = "";

    /* FCD frames are the image: 256 a block would hide the rest. */
    if (count < 3  ||  octets[2] == T4_FCD)
        return;
    for (int i = 0;  i < count  &&  i < 64;  i++)
        snprintf(&hex[3*i], 4, " %02x", octets[i]);
    peer_journal_line(journal, "%s %s%s", how, t30_frametype(octets[2]), hex);
}

/* Before each packet: sequence number, copies, and its length, two octets each. */
enum { HEAD = 6 };

int peer_outbox_put(t38_core_state_t *core, void *user_data, const uint8_t *octets, int count, int copies)
{
    peer_outbox *outbox = (peer_outbox *) user_data;
    uint16_t head[HEAD/2] = { (uint16_t) core->tx_seq_no, (uint16_t) (copies & 0xFF), (uint16_t) count };

    if (outbox->taken == outbox->used)
        outbox->taken = outbox->used = 0;
    if (count < 0  ||  count > 0xFFFF  ||  outbox->used + HEAD + count > (int) sizeof(outbox->octets))
    {
        outbox->lost++;
        return 0;
    }
    memcpy(&outbox->octets[outbox->used], head, HEAD);
    memcpy(&outbox->octets[outbox->used + HEAD], octets, count);
    outbox->used += HEAD + count;
    return 0;
}

const uint8_t *peer_outbox_take(peer_outbox *outbox, int *count, int *copies, int *seq, uint32_t *lost)
{
    uint16_t head[HEAD/2];
    const uint8_t *octets;

    *lost = outbox->lost;
    if (outbox->taken == outbox->used)
        return NULL;
    memcpy(head, &outbox->octets[outbox->taken], HEAD);
    octets = &outbox->octets[outbox->taken + HEAD];
    *seq = head[0];
    *copies = head[1];
    *count = head[2];
    outbox->taken += HEAD + head[2];
    return octets;
}

void peer_t38_set(t38_core_state_t *core, const peer_t38_settings *settings)
{
    t38_set_t38_version(core, settings->version);
    for (int category = 0;  category < 5;  category++)
    {
        if (settings->copies[category] > 0)
            t38_set_redundancy_control(core, category, settings->copies[category]);
    }
}
