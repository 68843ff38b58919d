package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// delivered looks up copies in the delivery bucket. It keeps the last page of the listing, because
// copies below a prefix have the same order as their sources: a page has the copies of many runs.
type delivered struct {
	bucket  *bucket
	after   string   // the listing starts after this key
	objects []object // all objects of the bucket after that key, up to the last listed object
	more    bool     // the bucket has more objects
}

func newDelivered(b *bucket) *delivered { return &delivered{bucket: b, more: true} }

// under returns the copies of a run. Their keys begin with prefix, which ends with the run's
// random part. A hyphen or a dot follows it.
func (d *delivered) under(ctx context.Context, prefix string) ([]object, error) {
	if !d.covers(prefix) {
		d.after, d.objects, d.more = prefix, nil, true
	}
	for !d.covers(prefix) {
		p, err := d.bucket.list(ctx, "", d.last(), pageSize)
		if err != nil {
			return nil, err
		}
		d.objects, d.more = append(d.objects, p.objects...), p.more
	}
	first, _ := search(d.objects, prefix)
	end, _ := search(d.objects, prefix+pastDot)
	return d.objects[first:end], nil
}

// covers reports whether the listing includes all keys that begin with prefix.
func (d *delivered) covers(prefix string) bool {
	return d.after <= prefix && (!d.more || d.last() >= prefix+pastDot)
}

func (d *delivered) last() string {
	if len(d.objects) == 0 {
		return d.after
	}
	return d.objects[len(d.objects)-1].key
}

// pastDot is the character that follows hyphen and dot in ASCII.
const pastDot = "/"

// search returns the index of the first object whose key is not before key, and whether its key
// is the same. The objects must be in order.
func search(objects []object, key string) (i int, found bool) {
	return slices.BinarySearchFunc(objects, key, func(o object, key string) int { return cmp.Compare(o.key, key) })
}

// compareDelivery compares a run's objects with their copies.
func (c *comparison) compareDelivery(ctx context.Context, d *delivered, v *verdict) error {
	if v.known != tasktable.Shown && v.known != tasktable.Superseded {
		return nil
	}
	if what := c.lacks(v); what != "" {
		if v.finding.Kind == reconciliation.Agreeing {
			v.is(reconciliation.Undecidable, "the delivery prefix needs the "+what+", which only the announcement had")
		}
		return nil
	}
	prefix := delivery.Prefix(c.handler.Environment.DeliveryPrefix, v.announcement)
	there, err := d.under(ctx, prefix+v.run.name)
	if err != nil {
		return err
	}
	sources := map[string]object{v.run.output.key: v.run.output}
	for _, i := range v.run.images {
		sources[i.object.key] = i.object
	}
	found := copies{prefix: prefix, there: there}
	uris, owed := delivery.URIs(v.announcement, c.handler.Environment.DeliverOutput)
	for _, uri := range uris {
		key := strings.TrimPrefix(uri, c.uri(""))
		found.add(key, sources[key])
	}
	c.conclude(v, found, owed && !v.task.DeliveryStatus.Complete())
	return nil
}

// copies is how a run's objects compare with their copies.
type copies struct {
	prefix string   // of the copies' keys
	there  []object // in the delivery bucket, in order
	// Keys of sources: absent have no copy, lost don't exist themselves, the copies of
	// different have another size, and those of unclear may have other content.
	absent, lost, different, unclear []string
}

// add compares a source with its copy. If the output bucket doesn't have the source, source.key is "".
func (c *copies) add(key string, source object) {
	target, ok := c.find(c.prefix + key)
	switch {
	case !ok && source.key == "":
		c.lost = append(c.lost, key)
	case !ok:
		c.absent = append(c.absent, key)
	case source.key == "" || source.size == target.size && source.tag == target.tag:
		// If the source has been removed since, the copy is all that can be checked.
	case source.size != target.size:
		c.different = append(c.different, fmt.Sprintf("%s (%d bytes instead of %d)", key, target.size, source.size))
	default: // the ETag of an encrypted or multipart object doesn't depend on the content alone
		c.unclear = append(c.unclear, key)
	}
}

// find returns the copy with a key. The copy may have an additional extension if fixExtensions was
// set at the time of the delivery.
func (c *copies) find(key string) (object, bool) {
	if i, found := search(c.there, key); found {
		return c.there[i], true
	}
	if stem, unnamed := delivery.Unnamed(key); unnamed {
		i, _ := search(c.there, stem+".")
		if i < len(c.there) && strings.HasPrefix(c.there[i].key, stem+".") {
			return c.there[i], true
		}
	}
	return object{}, false
}
