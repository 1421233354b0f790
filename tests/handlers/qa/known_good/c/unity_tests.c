#include "unity.h"
static void test_x(void)
{
    TEST_IGNORE();
    TEST_ASSERT_EQUAL(1, f(2));
}
int main(void)
{
    UNITY_BEGIN();
    RUN_TEST(test_x);
    return UNITY_END();
}
