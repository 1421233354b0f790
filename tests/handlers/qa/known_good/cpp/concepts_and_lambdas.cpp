template <typename T> concept Addable = requires(T a, T b) { { a + b } -> std::convertible_to<T>; typename T::type; };
template <Addable... Ts> auto sum(Ts&&... xs) -> decltype(auto) { return (xs + ... + 0); }
auto l = [this, &x, y = std::move(z), ...args = 1]<typename T>(auto&& a, T b) mutable -> int { return a(b); };
void f() {
    if (auto it = m.find(1); it != m.end() && x < y) {}
    for (const auto& [k, v] : m) std::cout << k << ": " << v << '\n';
    auto s = R"json({"a": ")", 'b'})json"; auto t = "x"s; auto u = u8"y"; char c = '"';
    try { throw std::runtime_error{"x"}; } catch (const std::exception& e) {} catch (...) {}
    auto p = new int[3]{1, 2, 3}; delete[] p; auto q = static_cast<int>(1) << 2 >> 1; co_return;
    enum class E : unsigned char { A, B }; using enum E; switch (x) { case 1: { [[fallthrough]]; } default: break; }
    Iterator** list = new Iterator*[n]; engine = decltype(engine){}; int a[] = {1, 2};
}
