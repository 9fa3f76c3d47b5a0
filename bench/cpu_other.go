//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNeedsLinux = errors.New("the benchmark reads processor times from /proc, which only Linux has")

func processCPU(int) (time.Duration, error) { return 0, errNeedsLinux }

func serverCPU(int) (time.Duration, error) { return 0, errNeedsLinux }

func residentMiB(int) (float64, error) { return 0, errNeedsLinux }
