package runtimeapi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Tags are the build tags of a deployment. lambda.norpc leaves out net/rpc, and
// with it the linker keeps only the methods that are called. nethttpomithttp2
// leaves out HTTP/2, which no function speaks (docs/decisions/0022).
const Tags = "lambda.norpc,nethttpomithttp2"

// Flags are the flags with which go build compiles a function for a deployment.
// template.yaml, the documents and CI give the same to SAM, as GOFLAGS.
func Flags() []string {
	return []string{"-trimpath", "-tags=" + Tags, "-ldflags=-s -w", "-buildvcs=false"}
}

// Build compiles the main packages in folders for this machine, with the flags of a
// deployment, to outDir/<name of the folder>. A folder may end in /... for all
// folders below it. One go command for all is several times faster than one each.
func Build(ctx context.Context, folders []string, outDir string) error {
	if len(folders) == 0 {
		return errors.New("build functions: no folder was given")
	}
	out, err := filepath.Abs(outDir)
	if err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("build functions: %w", err)
	}
	args := append([]string{"build", "-o", out + string(filepath.Separator)}, Flags()...)
	for _, folder := range folders {
		path, err := filepath.Abs(folder)
		if err != nil {
			return fmt.Errorf("build functions: %w", err)
		}
		args = append(args, path)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = strings.TrimSuffix(args[len(args)-1], string(filepath.Separator)+"...") // any folder of the module
	// With GOTMPDIR on the same file system, go build renames a program into place, and a running copy is not disturbed.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "GOTMPDIR="+out)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build functions: %w\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}
