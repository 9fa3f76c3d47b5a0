package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// auc is the area under the ROC curve for an attacker who sees one time and guesses
// which of two classes an answer belongs to. It is how often a time of b is longer
// than a time of a, where equal times count half (Mann and Whitney's U, divided by
// its maximum). 0.5 means that the attacker can only guess; 0 and 1 are certainty.
func auc(a, b []float64) float64 {
	type sample struct {
		took float64
		isB  bool
	}
	var all []sample
	for _, took := range a {
		all = append(all, sample{took, false})
	}
	for _, took := range b {
		all = append(all, sample{took, true})
	}
	slices.SortFunc(all, func(x, y sample) int { return cmp.Compare(x.took, y.took) })
	ranks := 0.0 // of b, from 1; equal times share the middle of theirs
	for first := 0; first < len(all); {
		behind := first + 1
		for behind < len(all) && all[behind].took == all[first].took {
			behind++
		}
		for _, s := range all[first:behind] {
			if s.isB {
				ranks += float64(first+1+behind) / 2
			}
		}
		first = behind
	}
	n, m := float64(len(a)), float64(len(b))
	return (ranks - m*(m+1)/2) / (n * m)
}

// standardError is the standard error of auc, for two equal classes of n samples
// each.
func standardError(n int) float64 {
	return math.Sqrt(float64(2*n+1)/12) / float64(n)
}

// quantile is the time under which that part of the samples is.
func quantile(samples []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[int(part*float64(len(sorted)-1)+0.5)]
}

func TestAUCIsHalfForAGuess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{4, 5, 6}, 1},
		{[]float64{4, 5, 6}, []float64{1, 2, 3}, 0},
		{[]float64{1, 4}, []float64{2, 3}, 0.5},
		{[]float64{1, 1, 1}, []float64{1, 1, 1}, 0.5},
		{[]float64{1, 2}, []float64{2, 3}, 0.875}, // 3 of 4, and half of the equal pair
		{[]float64{1}, []float64{0, 1, 2, 2}, 0.625},
	} {
		if got := auc(c.a, c.b); got != c.want {
			t.Errorf("%v, %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// The standard error is what it is called: 2,000 pairs of classes that are alike
// spread that far.
func TestStandardErrorIsTheSpread(t *testing.T) {
	t.Parallel()
	const n, pairs = 20, 2000
	r := rand.New(rand.NewPCG(1, 2))
	sum := 0.0
	for range pairs {
		a, b := make([]float64, n), make([]float64, n)
		for i := range n {
			a[i], b[i] = r.Float64(), r.Float64()
		}
		sum += math.Pow(auc(a, b)-0.5, 2)
	}
	if got, want := math.Sqrt(sum/pairs), standardError(n); math.Abs(got-want) > want/10 {
		t.Errorf("%v, want about %v", got, want)
	}
}

// A short run passes classes that are alike, most of them at the first look, and
// no pair that is far off. The times are made up, so that it is always the same.
func TestAShortRunSeesOnlyLargeDifferences(t *testing.T) {
	t.Parallel()
	const runs = 2000
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		shift               float64 // of one class, in standard deviations
		least, most, atOnce int     // runs that pass
	}{
		{0, runs, runs, runs * 97 / 100},
		{0.18, runs, runs, runs * 93 / 100}, // an area of 0.55
		{1.81, 0, runs / 100, 0},            // of 0.9
		{3, 0, 0, 0},
	} {
		passed, atFirst := 0, 0
		for range runs {
			ok, looks := simulateRun(r, c.shift)
			if ok {
				passed++
			}
			if ok && looks == 1 {
				atFirst++
			}
		}
		if passed < c.least || passed > c.most || atFirst < c.atOnce {
			t.Errorf("shifted by %v: %d of %d runs pass, %d at the first look", c.shift, passed, runs, atFirst)
		}
		t.Logf("shifted by %v: %d of %d runs pass, %d at the first look", c.shift, passed, runs, atFirst)
	}
}

// simulateRun plays a short run of two classes.
func simulateRun(r *rand.Rand, shift float64) (passed bool, looks int) {
	var a, b []float64
	for {
		a, b = append(a, r.NormFloat64()), append(b, shift+r.NormFloat64())
		l, ok := group{hashes: true}.shortLook(len(a))
		if !ok {
			continue
		}
		looks++
		switch distance := math.Abs(auc(a, b) - 0.5); {
		case distance <= l.passWithin:
			return true, looks
		case l.last:
			return distance <= l.failBeyond, looks
		}
	}
}
