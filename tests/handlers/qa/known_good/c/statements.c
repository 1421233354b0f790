typedef struct node { int v; struct node *next; unsigned f : 3; union { int a; float b; }; } node_t;
enum { A = 1, B = A << 2, };
static int (*table[])(int, void *) = { [A] = f, [B] = NULL };
int main(int argc, char **argv)
{
    node_t n = { .v = 1, .next = &(node_t){ 0 } };
    for (int i = 0; i < 10; i++) if (i % 2) continue; else { goto end; }
    printf("%" PRIu64 " %s\n", (uint64_t)1, argv[0] ? "a" "b" : "\"");
    switch (argc) { case 1 ... 3: break; default: ; }
end:
    return sizeof(int[3]) + '\'' + 0x1fUL + 1e-3f;
}
