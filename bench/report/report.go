package report

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"roster/bench/plot"
)

//go:embed page.md.tmpl
var pageText string

// none stands for what was not measured.
const none = "–"

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"flows": pairs, "num": number, "fixed": fixed, "ratio": ratio, "missing": missing,
	"money": func(v float64) string { return fmt.Sprintf("%.2f", v) },
}).Parse(pageText))

// Write writes the page and its plots to a folder, docs. It removes plots that the
// page has no more.
func Write(docs string, r Results) error {
	files, err := Render(r)
	if err != nil {
		return err
	}
	plots := filepath.Join(docs, "performance")
	old, err := filepath.Glob(filepath.Join(plots, "*.svg"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(docs, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Render returns the page and its plots, by their names in docs. The same results
// give the same bytes.
func Render(r Results) (map[string]string, error) {
	var b strings.Builder
	if err := page.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	files := map[string]string{"performance.md": tidy(b.String())}
	for name, svg := range charts(r) {
		files["performance/"+name+".svg"] = svg
	}
	return files, nil
}

var blank = regexp.MustCompile(`\n{3,}`)

// tidy leaves one empty line where the template leaves several.
func tidy(text string) string { return strings.TrimSpace(blank.ReplaceAllString(text, "\n\n")) + "\n" }

// pair is Roster and the limit in one flow with one number of clients.
type pair struct {
	Flow          string
	Clients       int
	Roster, Limit FlowResult
	HasLimit      bool
}

// pairs puts Roster and the limit together, in Roster's order.
func pairs(r Results) (list []pair) {
	for _, f := range r.Flows {
		if f.Subject != Roster {
			continue
		}
		p := pair{Flow: f.Flow, Clients: f.Clients, Roster: f}
		for _, l := range r.Flows {
			if l.Subject == Limit && l.Flow == f.Flow && l.Clients == f.Clients {
				p.Limit, p.HasLimit = l, true
			}
		}
		list = append(list, p)
	}
	return list
}

// number writes a float or a whole number; 0 was not measured.
func number(value any) string {
	var v float64
	switch n := value.(type) {
	case int:
		v = float64(n)
	case float64:
		v = n
	}
	if v == 0 {
		return none
	}
	return plot.Number(v)
}

func fixed(v float64) string {
	if v == 0 {
		return none
	}
	return fmt.Sprintf("%.2f", v)
}

func ratio(value, to float64) string {
	if to == 0 {
		return none
	}
	return fixed(value / to)
}

func missing(r Results, part string) string {
	if why := r.Missing[part]; why != "" {
		return "Not measured in this run: " + why
	}
	return "Not measured in this run."
}
