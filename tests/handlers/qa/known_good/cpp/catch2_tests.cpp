#include "bob.h"
#ifdef EXERCISM_TEST_SUITE
#include <catch2/catch.hpp>
#else
#include "test/catch.hpp"
#endif

TEST_CASE("stating something", "[1]") {
    REQUIRE("Whatever." == bob::hey("Tom-ay-to, tom-aaaah-to."));
}

#if defined(EXERCISM_RUN_ALL_TESTS)

TEST_CASE("shouting") {
    SECTION("a") {
        REQUIRE_THROWS_AS(bob::f(1), std::domain_error);
        CHECK(1 == 1);
    }
}

#endif  // !EXERCISM_RUN_ALL_TESTS
