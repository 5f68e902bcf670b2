struct till { int is_open; };

int main(void) {
    struct till first = {0};
    return first.is_opne;
}
