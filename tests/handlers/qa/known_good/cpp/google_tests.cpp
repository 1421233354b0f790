#include <gtest/gtest.h>
TEST(SuiteName, CaseName) {
  EXPECT_EQ(1, f(2)) << "message";
}
TEST_F(Fixture, Case) { ASSERT_TRUE(x); }
BENCHMARK(BM_x);
int main(int argc, char** argv) { testing::InitGoogleTest(&argc, argv); return RUN_ALL_TESTS(); }
