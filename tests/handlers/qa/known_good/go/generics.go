//go:build linux && !cgo

// Package x is.
package x

import (
	_ "embed"
	f "fmt"
	. "math"
)

type Number interface {
	~int | ~float64
	String() string
}

type Pair[K comparable, V any] struct {
	Key K `json:"key,omitempty"`
	Val V
	*Base
}

func Map[T, U any](xs []T, f func(T) U) (out []U, err error) {
	for i, x := range xs {
		out = append(out, f(x))
		_ = i
	}
	for range 10 {
	}
	return
}
