// Package plot draws bar and line charts as SVG text. The same chart gives the same
// bytes, so a change of a picture in Git is a change of its figures. A chart follows
// the reader's light or dark mode, and can be read at 700 pixels. It refuses to be a
// plotting library: no chart has two axes of values, and nothing overlaps by design.
package plot

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

const (
	width    = 700
	right    = 70 // for the value at the end of the longest bar
	top      = 62 // for the title and the legend
	barHigh  = 16
	groupGap = 10
)

// style has colours that differ for people who do not see red and green, too, in both
// modes.
const style = `<style>
text{font:13px system-ui,sans-serif;fill:#1f2328}.middle{text-anchor:middle}.end{text-anchor:end}.title{font-size:16px;font-weight:600}.note{fill:#59636e}
.grid{stroke:#d1d9e0}.s0{fill:#0969da}.s1{fill:#bc4c00}.s2{fill:#8250df}.s3{fill:#1b7c83}
.l0{stroke:#0969da}.l1{stroke:#bc4c00}.l2{stroke:#8250df}.l3{stroke:#1b7c83}.line{fill:none;stroke-width:2.5}.back{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.note{fill:#9198a1}.grid{stroke:#3d444d}.back{fill:#0d1117}
.s0{fill:#4493f8}.s1{fill:#db6d28}.s2{fill:#ab7df8}.s3{fill:#39c5cf}.l0{stroke:#4493f8}.l1{stroke:#db6d28}.l2{stroke:#ab7df8}.l3{stroke:#39c5cf}}
</style>
`

// Series are the values of one colour, one for each label.
type Series struct {
	Name   string
	Values []float64
}

// Bars is a chart with a group of horizontal bars for each label. A value that is not
// a number, or below 0, has no bar.
type Bars struct {
	Title  string
	Axis   string // what the values are, with their unit
	Labels []string
	Series []Series // at most four
}

// SVG draws the chart.
func (c Bars) SVG() string {
	group := barHigh*len(c.Series) + groupGap
	high := top + group*len(c.Labels) + 46
	left := c.left()
	var b strings.Builder
	open(&b, c.Title, c.Axis, high)
	legend(&b, c.Series)
	most := largest(c.Series)
	step := niceStep(most)
	end := math.Max(step, math.Ceil(most/step)*step)
	x := func(v float64) float64 { return left + v/end*(width-left-right) }
	for i := 0; float64(i)*step <= end+step/2; i++ {
		v := float64(i) * step
		line(&b, x(v), top, x(v), float64(high-40))
		text(&b, x(v), float64(high-24), "middle note", Number(v))
	}
	text(&b, left+(width-left-right)/2, float64(high-6), "middle note", c.Axis)
	for i, label := range c.Labels {
		y := float64(top + groupGap/2 + i*group)
		text(&b, left-8, y+float64(barHigh*len(c.Series))/2+4, "end", label)
		for j, s := range c.Series {
			if i >= len(s.Values) || !drawn(s.Values[i]) {
				continue
			}
			at := y + float64(barHigh*j)
			fmt.Fprintf(&b, `<rect class="s%d" x="%s" y="%s" width="%s" height="%d"/>`+"\n", j, place(left), place(at+1), place(x(s.Values[i])-left), barHigh-2)
			text(&b, x(s.Values[i])+5, at+13, "start", Number(s.Values[i]))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// left is the width of the longest label.
func (c Bars) left() float64 {
	longest := 0
	for _, label := range c.Labels {
		longest = max(longest, len(label))
	}
	return math.Max(90, 7*float64(longest)+20)
}

func open(b *strings.Builder, title, axis string, high int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`+"\n",
		width, high, width, high, html.EscapeString(title+". "+axis))
	b.WriteString(style)
	fmt.Fprintf(b, `<rect class="back" width="%d" height="%d"/>`+"\n", width, high)
	text(b, 16, 26, "start title", title)
}

// legend names the colours, if there are several.
func legend(b *strings.Builder, series []Series) {
	if len(series) < 2 {
		return
	}
	at := 16.0
	for i, s := range series {
		fmt.Fprintf(b, `<rect class="s%d" x="%s" y="38" width="12" height="12"/>`+"\n", i, place(at))
		text(b, at+17, 49, "start", s.Name)
		at += 17 + 7.2*float64(len(s.Name)) + 20
	}
}

func line(b *strings.Builder, x1, y1, x2, y2 float64) {
	fmt.Fprintf(b, `<line class="grid" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", place(x1), place(y1), place(x2), place(y2))
}

// text writes words at a point; the classes say on which side of it, and how.
func text(b *strings.Builder, x, y float64, classes, words string) {
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s">%s</text>`+"\n", classes, place(x), place(y), html.EscapeString(words))
}

// place is a coordinate with one decimal, without a trailing zero.
func place(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

func drawn(v float64) bool { return v >= 0 && !math.IsInf(v, 0) }

func largest(series []Series) (most float64) {
	for _, s := range series {
		for _, v := range s.Values {
			if drawn(v) {
				most = math.Max(most, v)
			}
		}
	}
	return most
}

// niceStep divides the axis into at most six parts of 1, 2 or 5 times a power of ten.
func niceStep(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most/6)))
	for _, f := range []float64{1, 2, 5} {
		if most/(f*power) <= 6 {
			return f * power
		}
	}
	return 10 * power
}

// Number writes a value with three digits that count, and thousands with commas.
func Number(v float64) string {
	decimals := 0
	switch a := math.Abs(v); {
	case a == 0 || a >= 100:
	case a >= 10:
		decimals = 1
	case a >= 1:
		decimals = 2
	default:
		decimals = min(8, 2-int(math.Floor(math.Log10(a))))
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}
