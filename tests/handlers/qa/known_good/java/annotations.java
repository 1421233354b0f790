@interface Ann { String[] value() default {}; }
@Ann({"a", "b"}) public enum E { A(1) { @Override void m() {} }, B(2); E(int x) {} void m() {} }
