struct Pointer;

int read(Pointer* p, Pointer& r) {
    auto first = p->operator*();
    p->operator->()->run();
    r.operator()(1, 2);
    r.operator[](0) = r.operator+(first);
    return p->Base::operator==(r);
}
