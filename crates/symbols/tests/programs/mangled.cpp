#include <vector>

namespace shop {
template <class T> struct Cart {
    std::vector<T> items;
    __attribute__((noinline)) void add(T item) { items.push_back(item); }
};
}

int main() {
    shop::Cart<int> cart;
    cart.add(3);
    return cart.items.size() != 1;
}
