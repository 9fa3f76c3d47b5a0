package plot

import (
	"fmt"
	"math"
	"strings"
)

// Lines is a chart of series over positions that are named, such as memory sizes,
// and stand at equal distances.
type Lines struct {
	Title  string
	XAxis  string
	YAxis  string // what the values are, with their unit
	Labels []string
	Series []Series // at most four
}

const (
	lineHigh   = 380
	lineLeft   = 70
	lineRight  = 60
	lineBottom = 56
)

// SVG draws the chart.
func (c Lines) SVG() string {
	var b strings.Builder
	open(&b, c.Title, c.YAxis, lineHigh)
	legend(&b, c.Series)
	most := largest(c.Series)
	step := niceStep(most)
	end := math.Max(step, math.Ceil(most/step)*step)
	floor := float64(lineHigh - lineBottom)
	y := func(v float64) float64 { return floor - v/end*(floor-top-44) }
	x := func(i int) float64 {
		return lineLeft + 20 + float64(i)*(width-lineLeft-lineRight-40)/math.Max(1, float64(len(c.Labels)-1))
	}
	text(&b, 16, top+10, "start note", c.YAxis)
	for i := 0; float64(i)*step <= end+step/2; i++ {
		v := float64(i) * step
		line(&b, lineLeft, y(v), width-lineRight+40, y(v))
		text(&b, lineLeft-8, y(v)+4, "end note", Number(v))
	}
	for i, label := range c.Labels {
		text(&b, x(i), floor+20, "middle note", label)
	}
	text(&b, (lineLeft+width-lineRight)/2, lineHigh-10, "middle note", c.XAxis)
	for j, s := range c.Series {
		c.draw(&b, j, s, func(i int) (float64, float64) { return x(i), y(s.Values[i]) })
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws one line, with a dot and the value at each of its positions.
func (c Lines) draw(b *strings.Builder, j int, s Series, at func(i int) (x, y float64)) {
	var points []string
	for i, v := range s.Values {
		if i >= len(c.Labels) || !drawn(v) {
			continue
		}
		x, y := at(i)
		points = append(points, place(x)+","+place(y))
		fmt.Fprintf(b, `<circle class="s%d" cx="%s" cy="%s" r="4"/>`+"\n", j, place(x), place(y))
		if j%2 == 1 && y < lineHigh-lineBottom-24 { // of two lines that are close, below the second one
			text(b, x, y+18, "middle", Number(v))
			continue
		}
		text(b, x, y-8, "middle", Number(v))
	}
	fmt.Fprintf(b, `<polyline class="line l%d" points="%s"/>`+"\n", j, strings.Join(points, " "))
}
