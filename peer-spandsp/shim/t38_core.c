/* The library's IFP codec: what its decoder tells of a packet, and what its encoder makes of fields.
   Nothing of its sessions, timing or sequence handling is used. */

#include <stdlib.h>
#include <string.h>

#include "shim.h"

/* More than any packet of the tests has. */
#define REPORTS 4096
#define FIELDS 64
/* Its encoder writes to an array of 1000 octets on its stack and looks neither left nor right. */
#define ENCODER_ROOM 1000

struct peer_t38_report
{
    int indicator;              /* -1 for a field */
    int data_type;
    int field_type;
    int length;
    uint8_t octets[T38_RX_BUF_LEN];
};

struct peer_t38_core
{
    t38_core_state_t *core;
    struct peer_t38_report *reports;
    int count;
    uint16_t seq;
    uint8_t packet[T38_TX_BUF_LEN];
    int packet_length;
};

static int heard_indicator(t38_core_state_t *core, void *user, int indicator)
{
    peer_t38_core *t38 = user;

    if (t38->count < REPORTS)
    {
        struct peer_t38_report *report = &t38->reports[t38->count++];
        report->indicator = indicator;
        report->data_type = report->field_type = -1;
        report->length = 0;
    }
    return 0;
}

static int heard_field(t38_core_state_t *core, void *user, int data_type, int field_type,
                       const uint8_t *octets, int length)
{
    peer_t38_core *t38 = user;

    if (t38->count < REPORTS && length >= 0 && length <= T38_RX_BUF_LEN)
    {
        struct peer_t38_report *report = &t38->reports[t38->count++];
        report->indicator = -1;
        report->data_type = data_type;
        report->field_type = field_type;
        report->length = length;
        if (length > 0)
            memcpy(report->octets, octets, length);
    }
    return 0;
}

static int heard_loss(t38_core_state_t *core, void *user, int seq, int expected)
{
    return 0;
}

static int wrote(t38_core_state_t *core, void *user, const uint8_t *octets, int length, int count)
{
    peer_t38_core *t38 = user;

    if (length < 0 || length > T38_TX_BUF_LEN)
        return -1;
    memcpy(t38->packet, octets, length);
    t38->packet_length = length;
    return 0;
}

peer_t38_core *peer_t38_core_new(int version)
{
    peer_t38_core *t38 = calloc(1, sizeof(*t38));

    if (t38 == NULL)
        return NULL;
    t38->reports = calloc(REPORTS, sizeof(*t38->reports));
    t38->core = t38_core_init(NULL, heard_indicator, heard_field, heard_loss, t38, wrote, t38);
    if (t38->reports == NULL || t38->core == NULL)
    {
        peer_t38_core_free(t38);
        return NULL;
    }
    t38_set_t38_version(t38->core, version);
    return t38;
}

void peer_t38_core_free(peer_t38_core *t38)
{
    if (t38 == NULL)
        return;
    if (t38->core != NULL)
        t38_core_free(t38->core);
    free(t38->reports);
    free(t38);
}

/* Its verdict; what it told is in the reports, up to where it gave up. */
int peer_t38_core_read(peer_t38_core *t38, const uint8_t *octets, int length, int *count)
{
    int verdict;

    t38->count = 0;
    verdict = t38_core_rx_ifp_packet(t38->core, octets, length, t38->seq++);
    *count = t38->count;
    return verdict;
}

int peer_t38_core_report(const peer_t38_core *t38, int index, int *indicator, int *data_type, int *field_type,
                         const uint8_t **octets)
{
    const struct peer_t38_report *report;

    if (index < 0 || index >= t38->count)
        return -1;
    report = &t38->reports[index];
    *indicator = report->indicator;
    *data_type = report->data_type;
    *field_type = report->field_type;
    *octets = report->octets;
    return report->length;
}

/* The length of the packet, or -1 when it makes none. */
int peer_t38_core_write_indicator(peer_t38_core *t38, int indicator, const uint8_t **packet)
{
    t38->packet_length = -1;
    /* It does not repeat the indicator it sent last. */
    t38->core->current_tx_indicator = -1;
    t38_core_send_indicator(t38->core, indicator);
    *packet = t38->packet;
    return t38->packet_length;
}

/* `octets` holds the octets of all fields, one after the other. */
int peer_t38_core_write_data(peer_t38_core *t38, int data_type, const int *field_types, const int *lengths,
                             const uint8_t *octets, int fields, const uint8_t **packet)
{
    t38_data_field_t list[FIELDS];
    int room = 4;
    int i;

    if (fields < 0 || fields > FIELDS)
        return -1;
    for (i = 0; i < fields; i++)
    {
        room += 4 + lengths[i];
        list[i].field_type = field_types[i];
        list[i].field = octets;
        list[i].field_len = lengths[i];
        octets += lengths[i];
    }
    t38->packet_length = -1;
    if (room > ENCODER_ROOM)
        return -1;
    t38_core_send_data_multi_field(t38->core, data_type, list, fields, T38_PACKET_CATEGORY_IMAGE_DATA);
    *packet = t38->packet;
    return t38->packet_length;
}
