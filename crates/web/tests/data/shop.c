/* The program of the recording that is shipped as the demo of the view "Heap": a small shop.
 *
 * Its orders are read, priced and kept; a cache of pictures only grows; a monthly report makes the peak; and the clerk who
 * writes letters forgets every tenth. Built and recorded where it lies, in a folder of no meaning:
 *
 *   gcc -g -O1 -fno-inline -fno-optimize-sibling-calls -ffile-prefix-map=$PWD=. -pthread -o shop shop.c
 *   ramscope track --no-ui -o demo.heap -- ./shop
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAYS = 60, ORDERS_A_DAY = 60, ARTICLES = 900, CUSTOMERS = 400, MONTH = 15, PAUSE_US = 40000 };

struct line { char *article; int pieces; double price; };
struct order { int number; int lines; char *customer; struct line *line; };

/* The same orders every time. */
static unsigned dice = 7;
static int draw(int most) { dice = dice * 1664525 + 1013904223; return (int)((dice >> 8) % (unsigned)most); }

/* An order as text: given back as soon as it is understood. */
static char *read_text(int number) {
    char *text = malloc(400);
    int at = sprintf(text, "customer %d", draw(CUSTOMERS));
    for (int left = 1 + draw(4); left > 0; left--)
        at += sprintf(text + at, ";article %d;%d", draw(ARTICLES), 1 + draw(9));
    sprintf(text + at, ";%d", number);
    return text;
}

/* A word of its own for every field: temporary, unless the order keeps it. */
static char *next_word(char **rest) {
    char *field = strsep(rest, ";");
    return field ? strdup(field) : NULL;
}

static void add_line(struct order *order, char *article, int pieces) {
    order->line = realloc(order->line, (size_t)(order->lines + 1) * sizeof *order->line);
    order->line[order->lines++] = (struct line){ article, pieces, 0 };
}

static struct order *parse_order(int number) {
    char *text = read_text(number), *rest = text, *article;
    struct order *order = calloc(1, sizeof *order);
    order->number = number;
    order->customer = next_word(&rest);
    while ((article = next_word(&rest)) != NULL && rest != NULL) {
        char *pieces = next_word(&rest);
        add_line(order, article, atoi(pieces));
        free(pieces);
    }
    free(article);
    free(text);
    return order;
}

static void free_order(struct order *order) {
    for (int at = 0; at < order->lines; at++) free(order->line[at].article);
    free(order->line);
    free(order->customer);
    free(order);
}

/* Pictures of articles that were looked at. Nobody ever takes one out: this is what grows. */
static char *pictures[ARTICLES];

static char *load_picture(int article) {
    size_t size = 2048 + (size_t)(article % 7) * 512;
    return memset(malloc(size), article, size);
}

static char *picture_of(const char *article) {
    int number = atoi(article + strlen("article "));
    if (pictures[number] == NULL) pictures[number] = load_picture(number);
    return pictures[number];
}

static void price_order(struct order *order) {
    for (int at = 0; at < order->lines; at++)
        order->line[at].price = order->line[at].pieces * (1 + picture_of(order->line[at].article)[0] % 7);
}

/* A table for every order, needed for a moment only: the peak. */
static void write_report(struct order **orders, int count) {
    double **table = malloc((size_t)count * sizeof *table), sum = 0;
    for (int at = 0; at < count; at++) {
        table[at] = calloc(200, sizeof **table);
        for (int line = 0; line < orders[at]->lines; line++) table[at][line] += orders[at]->line[line].price;
    }
    usleep(2 * PAUSE_US);
    for (int at = 0; at < count; at++) sum += table[at][0];
    for (int at = 0; at < count; at++) free(table[at]);
    free(table);
    printf("%d orders, %.0f in all\n", count, sum);
}

/* Older orders go to the archive. */
static int archive(struct order **orders, int count) {
    for (int at = 0; at < count / 2; at++) free_order(orders[at]);
    memmove(orders, orders + count / 2, (size_t)(count - count / 2) * sizeof *orders);
    return count - count / 2;
}

/* Letters, by a thread of its own: every tenth is forgotten, which is a leak. */
static char *write_letter(int number) {
    char *letter;
    if (asprintf(&letter, "Dear customer,\nyour order %d is on its way.\n%200s\n", number, "Yours, the shop") < 0) return NULL;
    return letter;
}

static void *write_letters(void *nothing) {
    for (int number = 0; number < DAYS * 25; number++) {
        char *letter = write_letter(number);
        if (number % 10 != 0) free(letter);
        if (number % 25 == 0) usleep(PAUSE_US);
    }
    return nothing;
}

static void open_shop(void) {
    struct order **orders = NULL;
    int count = 0;
    for (int day = 0; day < DAYS; day++) {
        orders = realloc(orders, (size_t)(count + ORDERS_A_DAY) * sizeof *orders);
        for (int at = 0; at < ORDERS_A_DAY; at++) {
            orders[count] = parse_order(day * ORDERS_A_DAY + at);
            price_order(orders[count++]);
        }
        usleep(PAUSE_US);
        if (day % MONTH == MONTH - 1) {
            write_report(orders, count);
            count = archive(orders, count);
        }
    }
    while (count > 0) free_order(orders[--count]);
    free(orders);
}

int main(void) {
    pthread_t letters;
    if (pthread_create(&letters, NULL, write_letters, NULL) != 0) return 1;
    open_shop();
    pthread_join(letters, NULL);
    usleep(2 * PAUSE_US);
    return 0;
}
