#pragma once
#include <vector>
#include <map>
namespace a::b {
template <typename T, std::size_t N = 3, template <class> class C = std::vector, auto... Vs>
requires std::integral<T> || (sizeof(T) > 1)
class X final : public Y<T>, private virtual Z {
public:
    explicit(true) X(int a) noexcept(noexcept(f())) : a_{a}, b_(std::move(a)) {}
    X(const X&) = delete; X& operator=(X&&) noexcept = default; virtual ~X() override = 0;
    [[nodiscard]] constexpr auto operator<=>(const X&) const = default;
    operator bool() const { return !!a_; }
    std::map<int, std::vector<std::vector<T>>> m;
private:
    int a_ = 1'000'000; static inline int b_{}; friend class W; mutable std::mutex mu;
};
}
