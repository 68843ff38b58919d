package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
)

// delivered looks things up in the delivery bucket. It keeps the last page of the
// listing: below one prefix, objects are in the same order as in the output
// bucket, so that a page serves all runs of a page there.
type delivered struct {
	bucket *bucket
	page   page
	after  string // the page has all keys after this one, up to its last
	listed bool
}

// under are the objects whose keys begin with prefix, which ends with a run's random
// part, and a hyphen or a dot.
func (d *delivered) under(ctx context.Context, prefix string) ([]object, error) {
	if !d.covers(prefix) {
		if err := d.read(ctx, prefix); err != nil {
			return nil, err
		}
	}
	first, _ := slices.BinarySearchFunc(d.page.objects, prefix, func(o object, prefix string) int {
		if o.key <= prefix {
			return -1
		}
		return 1
	})
	last := first
	for last < len(d.page.objects) && d.page.objects[last].key < prefix+pastDot {
		last++
	}
	return d.page.objects[first:last], nil
}

// covers tells whether the page has all keys that begin with a prefix.
func (d *delivered) covers(prefix string) bool {
	return d.listed && d.after <= prefix && d.endsAfter(prefix)
}

func (d *delivered) endsAfter(prefix string) bool {
	if !d.page.more {
		return true
	}
	last := d.page.objects[len(d.page.objects)-1].key
	return last >= prefix+pastDot
}

// pastDot is the character after hyphen and dot.
const pastDot = "/"

func (d *delivered) read(ctx context.Context, prefix string) (err error) {
	d.listed = false
	if d.page, err = d.bucket.list(ctx, "", prefix, pageSize); err != nil {
		return err
	}
	for !d.endsAfter(prefix) {
		next, err := d.bucket.list(ctx, "", d.page.objects[len(d.page.objects)-1].key, pageSize)
		if err != nil {
			return err
		}
		d.page = page{append(d.page.objects, next.objects...), next.more}
	}
	d.after, d.listed = prefix, true
	return nil
}

// compareDelivery finds out whether what the run left is delivered.
func (w *worker) compareDelivery(ctx context.Context, v *verdict) error {
	if w.lacksRuntime(v) {
		if v.finding.Kind == reconciliation.Agreeing {
			v.is(reconciliation.Undecidable, "the delivery prefix has the runtime, which only the announcement had")
		}
		return nil
	}
	prefix := delivery.Prefix(w.Environment.DeliveryPrefix, v.announcement)
	there, err := w.delivered.under(ctx, prefix+v.name)
	if err != nil {
		return err
	}
	found := state{there: map[string]object{}}
	for _, o := range there {
		found.there[strings.TrimPrefix(o.key, prefix)] = o
	}
	sources := map[string]object{v.output.key: v.output}
	for _, i := range v.images {
		sources[i.key] = i.object
	}
	uris, _ := delivery.URIs(v.announcement, w.Environment.DeliverOutput)
	for _, uri := range uris {
		key := strings.TrimPrefix(uri, w.uri(""))
		found.add(key, sources[key])
	}
	w.conclude(v, found)
	return nil
}

// state is how the objects of a run compare with what is delivered.
type state struct {
	there map[string]object // by key, without the prefix
	// The keys of what is not delivered; of that, what has no source; of what is
	// there in another size; and of what may be there in other words.
	absent, lost, different, unclear []string
}

// add compares an object, which has no key if it is not in the output bucket.
func (d *state) add(key string, source object) {
	target, ok := d.find(key)
	switch {
	case !ok && source.key == "":
		d.lost = append(d.lost, key)
	case !ok:
		d.absent = append(d.absent, key)
	case source.key == "" || source.size == target.size && source.tag == target.tag: // it was there once
	case source.size != target.size:
		d.different = append(d.different, fmt.Sprintf("%s (%d bytes instead of %d)", key, target.size, source.size))
	default: // tags of encrypted objects, or of parts, do not depend on the content alone
		d.unclear = append(d.unclear, key)
	}
}

// find finds what a key was delivered as, which may have got an extension, whatever
// the setting is now.
func (d *state) find(key string) (object, bool) {
	if target, ok := d.there[key]; ok {
		return target, true
	}
	if stem, unnamed := delivery.Unnamed(key); unnamed {
		for delivered, target := range d.there {
			if strings.HasPrefix(delivered, stem+".") {
				return target, true
			}
		}
	}
	return object{}, false
}
