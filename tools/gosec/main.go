// Command gosec runs the rules of gosec. It replaces gosec's own command, which
// links three clients of language models and therefore takes ten minutes and two
// gigabytes to compile.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() { singlechecker.Main(goanalysis.Analyzer) }
