// Command gosec runs gosec's rules as one analysis, without gosec's own command:
// that one links three clients of language models, which take ten minutes and
// two gigabytes to compile.
package main

import (
	"github.com/securego/gosec/v2/goanalysis"
	"golang.org/x/tools/go/analysis/singlechecker"
)

func main() { singlechecker.Main(goanalysis.Analyzer) }
