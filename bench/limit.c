/* What the hardware allows: the article's deep ReLU network, one replicate, trained without recording anything.
 *
 * `Points` holds a number for each point of a batch, `Row` one for each unit of a layer, so that only the sums over the
 * points cross lanes. GCC (from 12 on) and Clang split vectors into registers of the machine's own width.
 */
enum { INPUTS = 2, UNITS = 5, HIDDEN = 5, BATCH = 32, ROW = 8 };

typedef float Points __attribute__((vector_size(BATCH * sizeof(float))));
typedef int Whole __attribute__((vector_size(BATCH * sizeof(int))));
typedef float Row __attribute__((vector_size(ROW * sizeof(float)), aligned(4), may_alias));

/* A row of weights from each input, then the biases. The first layer has fewer inputs, the output one unit. */
typedef struct {
    Row rows[UNITS + 1];
} Layer;

typedef struct {
    float rate, momentum;
} Pace;

static Points only_where(Whole flags, Points values) { return (Points)(flags & (Whole)values); }

/* A power of two for the whole part of the exponent, the series of the exponential for the rest. */
static Points exponential(Points x) {
    Points clipped = only_where(x > -87, x) + only_where(x <= -87, (Points){0} - 87);
    clipped = only_where(clipped < 87, clipped) + only_where(clipped >= 87, (Points){0} + 87);
    Points scaled = clipped * 1.44269504f + 12582912.0f; /* 1.5 · 2^23, which rounds to a whole number. */
    Points rest = clipped - (scaled - 12582912.0f) * 0.693147181f;
    Points series = 1 + rest * (1 + rest * (0.5f + rest * (1 / 6.0f + rest * (1 / 24.0f + rest * (1 / 120.0f)))));
    return (Points)((Whole)series + ((Whole)scaled << 23));
}

static Row folded(const Points *values) {
    const Row *parts = (const Row *)values;
    return parts[0] + parts[1] + parts[2] + parts[3];
}

/* Each lane the sum of one of eight rows. */
static Row sums(const Row *of) {
    Row pairs[4], fours[2];
    for (int i = 0; i < 4; i++) {
        Row a = of[2 * i], b = of[2 * i + 1];
        pairs[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +
                   __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 2; i++) {
        Row a = pairs[2 * i], b = pairs[2 * i + 1];
        fours[i] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
                   __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    return __builtin_shufflevector(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

static inline void respond(const Layer *layer, int inputs, int units, const Points *from, Points *to) {
    for (int unit = 0; unit < units; unit++) {
        to[unit] = (Points){0} + layer->rows[inputs][unit];
        for (int input = 0; input < inputs; input++) to[unit] += layer->rows[input][unit] * from[input];
    }
}

static inline void rectify(Points *values) {
    for (int unit = 0; unit < UNITS; unit++) values[unit] = only_where(values[unit] > 0, values[unit]);
}

/* Momentum as Keras has it. */
static inline void update(Row *weights, Row *velocity, const Row *gradients, Pace pace) {
    *velocity = pace.momentum * *velocity - pace.rate * sums(gradients);
    *weights += *velocity;
}

static inline void learn(Layer *layer, Layer *velocity, int inputs, int units, const Points *from,
                         const Points *slopes, Pace pace) {
    Row gradients[ROW] = {{0}};
    for (int input = 0; input < inputs; input++) {
        for (int unit = 0; unit < units; unit++) {
            Points products = from[input] * slopes[unit];
            gradients[unit] = folded(&products);
        }
        update(&layer->rows[input], &velocity->rows[input], gradients, pace);
    }
    for (int unit = 0; unit < units; unit++) gradients[unit] = folded(&slopes[unit]);
    update(&layer->rows[inputs], &velocity->rows[inputs], gradients, pace);
}

/* The loss's slopes by what the hidden layer below has summed, from those of this layer and the outputs of that one. */
static inline void pass_back(const Layer *layer, int units, const Points *slopes, const Points *outputs,
                             Points *below) {
    for (int input = 0; input < UNITS; input++) {
        Points slope = {0};
        for (int unit = 0; unit < units; unit++) slope += layer->rows[input][unit] * slopes[unit];
        below[input] = only_where(outputs[input] > 0, slope);
    }
}

static inline void step(Layer *layers, Layer *velocities, const Points *x, const Points *y, const Points *share,
                        Pace pace) {
    Points outputs[HIDDEN][UNITS], slopes[HIDDEN + 1][UNITS], logits;
    respond(&layers[0], INPUTS, UNITS, x, outputs[0]);
    rectify(outputs[0]);
    for (int layer = 1; layer < HIDDEN; layer++) {
        respond(&layers[layer], UNITS, UNITS, outputs[layer - 1], outputs[layer]);
        rectify(outputs[layer]);
    }
    respond(&layers[HIDDEN], UNITS, 1, outputs[HIDDEN - 1], &logits);
    slopes[HIDDEN][0] = (1 / (1 + exponential(-logits)) - *y) * *share;
    pass_back(&layers[HIDDEN], 1, slopes[HIDDEN], outputs[HIDDEN - 1], slopes[HIDDEN - 1]);
    learn(&layers[HIDDEN], &velocities[HIDDEN], UNITS, 1, outputs[HIDDEN - 1], slopes[HIDDEN], pace);
    for (int layer = HIDDEN - 1; layer > 0; layer--) {
        pass_back(&layers[layer], UNITS, slopes[layer], outputs[layer - 1], slopes[layer - 1]);
        learn(&layers[layer], &velocities[layer], UNITS, UNITS, outputs[layer - 1], slopes[layer], pace);
    }
    learn(&layers[0], &velocities[0], INPUTS, UNITS, x, slopes[0], pace);
}

/* Train in place: `order` holds the points of every epoch, one epoch after the other. */
void train(Layer *layers, const float *x, const float *y, const int *order, int count, int epochs, float rate,
           float momentum) {
    Layer velocities[HIDDEN + 1] = {0};
    for (int epoch = 0; epoch < epochs; epoch++, order += count)
        for (int start = 0; start < count; start += BATCH) {
            int size = count - start < BATCH ? count - start : BATCH;
            Points inputs[INPUTS] = {{0}}, classes = {0}, share = {0};
            for (int point = 0; point < size; point++) {
                int chosen = order[start + point];
                inputs[0][point] = x[INPUTS * chosen];
                inputs[1][point] = x[INPUTS * chosen + 1];
                classes[point] = y[chosen];
                share[point] = 1.0f / size;
            }
            step(layers, velocities, inputs, &classes, &share, (Pace){rate, momentum});
        }
}
