package main

import "fmt"

const (
	A = iota << 1
	B
	_
)

var p = Pair[string, int]{Key: "a"}

func (p *Pair[K, V]) M(a, b int, rest ...string) func() { return func() {} }

func main() {
	defer func() { recover() }()
	go func(ch chan<- int) { ch <- 1 }(nil)
	select {
	case v, ok := <-ch:
		fmt.Println(v, ok)
	default:
	}
	switch x := y.(type) {
	case nil, int:
		fallthrough
	default:
	}
loop:
	for {
		break loop
	}
	if v := f(); v > 0 {
	} else if s := `raw " ' {`; s != "" {
	}
	x, y := 'a', '\''
	m := map[string][]int{"a": {1, 2}, "b": nil}
	a[1:2:3], b = 0x_FF, 1e3i
}
