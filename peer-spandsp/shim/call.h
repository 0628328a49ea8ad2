/* Whole calls: fax machines on audio and on T.38, and the gateway between the two. As in shim.h every
   object is opaque and nothing calls back into Rust: what an object says besides samples waits in it,
   packets in an outbox and events as lines of text in a journal, until it is asked for. */

#ifndef PEER_CALL_H
#define PEER_CALL_H

#include "shim.h"

/* Events and log lines of one object, "<samples since its start> <text>\n" each, bounded: a line that
   has no room is counted and dropped. */
typedef struct
{
    uint64_t samples;
    uint32_t lost;
    int used;
    char text[256*1024];
} peer_journal;

void peer_journal_line(peer_journal *journal, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What is there, ended by NUL, and how many lines found no room; both are then forgotten. */
const char *peer_journal_take(peer_journal *journal, uint32_t *lost);

/* The library's log handlers know no object. While one runs on a thread its journal is that thread's. */
void peer_journal_open(peer_journal *journal);
void peer_journal_close(void);
void peer_journal_log(logging_state_t *log, int level);

/* IFP packets that wait to be taken, in the order in which they were made. */
typedef struct
{
    uint32_t lost;
    int used;
    int taken;
    uint8_t octets[128*1024];
} peer_outbox;

/* A t38_tx_packet_handler_t whose user data is the outbox. */
int peer_outbox_put(t38_core_state_t *core, void *outbox, const uint8_t *octets, int count, int copies);
/* The octets of the next packet, or NULL. They stay valid until the next packet is made. `lost` counts
   what found no room since the start. */
const uint8_t *peer_outbox_take(peer_outbox *outbox, int *count, int *copies, int *seq, uint32_t *lost);

/* The T.38 side of a terminal or a gateway. A copy count of 0 leaves the library's own. */
typedef struct
{
    int version;
    int copies[5];
    int fill_bit_removal;
} peer_t38_settings;

void peer_t38_set(t38_core_state_t *core, const peer_t38_settings *settings);

typedef struct
{
    const char *send;
    const char *receive;
    const char *ident;
    const char *sub_address;
    const char *polling_address;
    const char *password;
    const uint8_t *nsf;
    int nsf_length;
    int ecm;
    int compressions;
    int modems;
    int max_rate;
    int tep;
    int min_row_ms;
    int not_ready;
    int log_level;
    int unpaced;
    peer_t38_settings t38;
} peer_terminal_settings;

typedef struct
{
    int code;
    int pages_sent;
    int pages_received;
    int bit_rate;
    int ecm;
    int ecm_retries;
    int bad_rows;
    int longest_bad_run;
} peer_outcome;

/* A fax machine: either `fax` or `t38` is its front end. */
typedef struct
{
    t30_state_t *t30;
    fax_state_t *fax;
    t38_terminal_state_t *t38;
    int max_rate;
    int not_ready;
    int ended;
    int pages_judged;
    peer_outcome outcome;
    peer_journal journal;
    peer_outbox outbox;
} peer_terminal;

peer_terminal *peer_fax_new(int calling, const peer_terminal_settings *settings);
void peer_fax_exchange(peer_terminal *terminal, const int16_t *heard, int16_t *said, int count);

peer_terminal *peer_t38_terminal_new(int calling, const peer_terminal_settings *settings);
void peer_t38_terminal_advance(peer_terminal *terminal, int samples);
int peer_t38_terminal_receive(peer_terminal *terminal, const uint8_t *octets, int count, int seq);

/* Both kinds. */
void peer_terminal_free(peer_terminal *terminal);
void peer_terminal_set(peer_terminal *terminal, const peer_terminal_settings *settings);
int peer_terminal_active(peer_terminal *terminal);
/* Whether phase E came. */
int peer_terminal_outcome(const peer_terminal *terminal, peer_outcome *outcome);
void peer_terminal_hang_up(peer_terminal *terminal);
peer_journal *peer_terminal_journal(peer_terminal *terminal);
peer_outbox *peer_terminal_outbox(peer_terminal *terminal);

/* The gateway zeroes the head of NSF, NSC and NSS frames unless `pass_nsf`. */
typedef struct
{
    int ecm;
    int modems;
    int tep;
    int pass_nsf;
    int log_level;
    peer_t38_settings t38;
} peer_gateway_settings;

typedef struct
{
    t38_gateway_state_t *state;
    peer_journal journal;
    peer_outbox outbox;
} peer_gateway;

peer_gateway *peer_gateway_new(const peer_gateway_settings *settings);
void peer_gateway_free(peer_gateway *gateway);
void peer_gateway_exchange(peer_gateway *gateway, const int16_t *heard, int16_t *said, int count);
int peer_gateway_receive(peer_gateway *gateway, const uint8_t *octets, int count, int seq);
void peer_gateway_statistics(peer_gateway *gateway, int *pages, int *bit_rate, int *ecm);
peer_journal *peer_gateway_journal(peer_gateway *gateway);
peer_outbox *peer_gateway_outbox(peer_gateway *gateway);

/* Frames, for journals of terminals and gateways alike: all but image frames. */
void peer_journal_frame(peer_journal *journal, const char *how, const uint8_t *octets, int count);

#endif
