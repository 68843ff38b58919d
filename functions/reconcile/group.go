package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// object is what a listing tells of an object.
type object struct {
	key      string
	size     int64
	tag      string // the entity tag
	modified time.Time
}

// mostImages is how many images a run may have to be looked at. Reconstructed,
// they must fit with keys of 1,024 bytes into an event of 6 MB ("Lambda quotas").
// SNS takes messages of 256 KB.
const mostImages = 4000

// run is what one run of a task left in the output bucket.
type run struct {
	name   string // what all of its keys begin with
	taskID string
	images []image // by number, once it is complete
	output object  // the raw output; no key if there is none
	// problem is why nothing can be told of it, if so.
	problem error
}

type image struct {
	number int
	object
}

// endedAt is when its last object was written: the raw output, which comes last.
func (r *run) endedAt() time.Time {
	ended := r.output.modified
	for _, i := range r.images {
		if i.modified.After(ended) {
			ended = i.modified
		}
	}
	return ended
}

// grouper puts the objects of a listing together to runs. The keys of a run are
// neighbours, but for those of runs whose names begin with the same run's: a
// run's prefix is another's name.
type grouper struct {
	open []*run // each one's name begins with the one's before
	// complete is called with each run that has no more keys.
	complete func(*run)
}

// add takes the next object, and tells whether it is the publisher's.
func (g *grouper) add(o object) bool {
	for len(g.open) > 0 && !strings.HasPrefix(o.key, g.open[len(g.open)-1].name) {
		g.closeLast()
	}
	result, ok := readKey(o.key)
	if !ok {
		return false
	}
	r := g.find(result.run)
	switch {
	case result.image == 0:
		r.output = o
	case len(r.images) == mostImages:
		r.problem = fmt.Errorf("it has more than %d images", mostImages)
	default:
		r.images = append(r.images, image{result.image, o})
	}
	return true
}

func (g *grouper) find(name string) *run {
	for _, r := range slices.Backward(g.open) {
		if r.name == name {
			return r
		}
	}
	id, err := taskID(name)
	r := &run{name: name, taskID: id, problem: err}
	g.open = append(g.open, r)
	return r
}

// close completes what is open.
func (g *grouper) close() {
	for len(g.open) > 0 {
		g.closeLast()
	}
}

func (g *grouper) closeLast() {
	last := len(g.open) - 1
	r := g.open[last]
	g.open = g.open[:last]
	slices.SortFunc(r.images, func(x, y image) int {
		return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.key, y.key))
	})
	r.problem = cmp.Or(r.problem, r.gap())
	g.complete(r)
}

// errNoOutput says that nothing tells that the run has ended: the raw output comes
// after the images.
var errNoOutput = errors.New("it has no .out: it has not ended, or its agent died")

// gap is why the run is not known to be complete: the publisher numbers images
// from 1, and uploads them in that order.
func (r *run) gap() error {
	for i, image := range r.images {
		switch {
		case image.number == i+1:
		case i > 0 && image.number == r.images[i-1].number:
			return fmt.Errorf("it has several images %d", image.number)
		default:
			return fmt.Errorf("it has no image %d, but an image %d", i+1, image.number)
		}
	}
	if r.output.key == "" {
		return errNoOutput
	}
	return nil
}
