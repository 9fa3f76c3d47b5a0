//go:build !linux

package runtimeapi

import "time"

func processor(int) time.Duration { return 0 }
