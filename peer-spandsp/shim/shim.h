/* What the Rust side calls. Every object is opaque, made by *_new (NULL when out of memory or when
   the parameters name no modem) and ended by *_free. Bits and reports cross through plain buffers,
   never through callbacks into Rust: nothing can unwind through the library, and the cost of a bit
   is the same few instructions on either side of a comparison. */

#ifndef PEER_SHIM_H
#define PEER_SHIM_H

#include <stdint.h>

#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include <spandsp.h>

/* Which modem; the rate tells the rest. */
enum peer_modem { PEER_V21 = 0, PEER_V27TER = 1, PEER_V29 = 2, PEER_V17 = 3 };

typedef struct peer_tx peer_tx;
typedef struct peer_rx peer_rx;

peer_tx *peer_tx_new(int modem, int rate, int tep, float level);
void peer_tx_free(peer_tx *tx);
int peer_tx_restart(peer_tx *tx, int tep, int short_train, uint32_t carrier_phase);
void peer_tx_prbs(peer_tx *tx, uint32_t seed);
int peer_tx_room(const peer_tx *tx);
int peer_tx_push(peer_tx *tx, const uint8_t *bits, int count);
void peer_tx_end_of_bits(peer_tx *tx);
int peer_tx_fill(peer_tx *tx, int16_t *samples, int count);
uint64_t peer_tx_bits_taken(const peer_tx *tx);

peer_rx *peer_rx_new(int modem, int rate, float cutoff);
void peer_rx_free(peer_rx *rx);
int peer_rx_restart(peer_rx *rx, int short_train);
int peer_rx_process(peer_rx *rx, const int16_t *samples, int count);
const int8_t *peer_rx_reports(const peer_rx *rx);
void peer_rx_count(peer_rx *rx, const int16_t *samples, int count);
uint64_t peer_rx_bits_counted(const peer_rx *rx);
uint64_t peer_rx_ones_counted(const peer_rx *rx);
float peer_rx_carrier(const peer_rx *rx);
float peer_rx_power(const peer_rx *rx);

/* HDLC, bit by bit. */
typedef struct peer_hdlc_rx peer_hdlc_rx;

hdlc_tx_state_t *peer_hdlc_tx_new(int flags_between);
void peer_hdlc_tx_free(hdlc_tx_state_t *tx);
int peer_hdlc_tx_flags(hdlc_tx_state_t *tx, int count);
int peer_hdlc_tx_frame(hdlc_tx_state_t *tx, const uint8_t *octets, int count);
int peer_hdlc_tx_bit(hdlc_tx_state_t *tx);

peer_hdlc_rx *peer_hdlc_rx_new(void);
void peer_hdlc_rx_free(peer_hdlc_rx *rx);
int peer_hdlc_rx_put(peer_hdlc_rx *rx, int bit);
int peer_hdlc_rx_report(const peer_hdlc_rx *rx, int index, const uint8_t **octets, int *good);

/* Tones. */
typedef struct peer_tone_rx peer_tone_rx;

modem_connect_tones_tx_state_t *peer_tone_tx_new(int tone);
void peer_tone_tx_free(modem_connect_tones_tx_state_t *tx);
int peer_tone_tx_fill(modem_connect_tones_tx_state_t *tx, int16_t *samples, int count);

peer_tone_rx *peer_tone_rx_new(int tone);
void peer_tone_rx_free(peer_tone_rx *rx);
int peer_tone_rx_process(peer_tone_rx *rx, const int16_t *samples, int count);
void peer_tone_rx_report(const peer_tone_rx *rx, int index, int *tone, int *level);

/* V.8. */
typedef struct peer_v8 peer_v8;

peer_v8 *peer_v8_new(int calling, int connect_tone, int call_function, uint32_t modulations);
void peer_v8_free(peer_v8 *v8);
int peer_v8_fill(peer_v8 *v8, int16_t *samples, int count);
void peer_v8_process(peer_v8 *v8, const int16_t *samples, int count);
int peer_v8_result(const peer_v8 *v8, int *status, int *call_function, uint32_t *modulations);

/* One leg of G.711: encode and decode in place. */
void peer_alaw_leg(int16_t *samples, int count);
void peer_ulaw_leg(int16_t *samples, int count);

/* T.38: the IFP codec alone. */
typedef struct peer_t38_core peer_t38_core;

peer_t38_core *peer_t38_core_new(int version);
void peer_t38_core_free(peer_t38_core *t38);
int peer_t38_core_read(peer_t38_core *t38, const uint8_t *octets, int length, int *count);
int peer_t38_core_report(const peer_t38_core *t38, int index, int *indicator, int *data_type, int *field_type,
                         const uint8_t **octets);
int peer_t38_core_write_indicator(peer_t38_core *t38, int indicator, const uint8_t **packet);
int peer_t38_core_write_data(peer_t38_core *t38, int data_type, const int *field_types, const int *lengths,
                             const uint8_t *octets, int fields, const uint8_t **packet);

#endif
