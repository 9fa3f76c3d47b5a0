//go:build !linux

package runtimeapi

func memory(int) memoryUse { return memoryUse{} }
