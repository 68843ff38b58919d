package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// object is an object in a listing.
type object struct {
	key      string
	size     int64
	tag      string // the entity tag
	modified time.Time
}

// maxImages is the maximum number of images of a run. A reconstructed event with 4,000 keys of 1,024
// bytes fits into Lambda's 6 MB ("Lambda quotas"). Announcements have fewer images, because an SNS
// message has at most 256 KB.
const maxImages = 4000

// run has the objects of one run of a task in the output bucket.
type run struct {
	name    string // the beginning of all of its keys
	taskID  string
	images  []image // sorted by number once the run is complete
	output  object  // the raw output; its key is "" if it doesn't exist
	problem error   // why the objects are not enough to reconstruct the announcement; else nil
}

type image struct {
	number int
	object object
}

// endedAt returns when the run's last object was written. Usually that is the raw output.
func (r *run) endedAt() time.Time {
	ended := r.output.modified
	for _, i := range r.images {
		if i.object.modified.After(ended) {
			ended = i.object.modified
		}
	}
	return ended
}

// grouper groups the objects of a listing by run. The keys of a run are adjacent, except for the
// keys of other runs whose names begin with this run's name.
type grouper struct {
	open []*run // each name begins with the previous name
	// complete is called with each run that has no more keys.
	complete func(*run)
}

// add adds the next object of the listing. It reports whether the guidance writes such keys.
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
	case len(r.images) == maxImages:
		r.problem = fmt.Errorf("it has more than %d images", maxImages)
	default:
		r.images = append(r.images, image{result.image, o})
	}
	return true
}

func (g *grouper) find(name string) *run {
	if i := slices.IndexFunc(g.open, func(r *run) bool { return r.name == name }); i >= 0 {
		return g.open[i]
	}
	id, err := taskID(name)
	r := &run{name: name, taskID: id, problem: err}
	g.open = append(g.open, r)
	return r
}

// close completes the open runs.
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
		return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.object.key, y.object.key))
	})
	r.problem = cmp.Or(r.problem, r.gap())
	g.complete(r)
}

// errNoOutput is the problem of a run that may not have ended. The guidance uploads the raw output last.
var errNoOutput = errors.New("it has no .out: it has not ended, or its agent died")

// gap returns an error that says what the run lacks; nil if it is complete. The guidance numbers
// images from 1, and uploads them in that order.
func (r *run) gap() error {
	for i, image := range r.images {
		switch {
		case image.number == i+1:
		case i > 0 && image.number == r.images[i-1].number:
			return fmt.Errorf("it has more than one image %d", image.number)
		default:
			return fmt.Errorf("it has image %d, but not image %d", image.number, i+1)
		}
	}
	if r.output.key == "" {
		return errNoOutput
	}
	return nil
}
