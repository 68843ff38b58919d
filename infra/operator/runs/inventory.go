package runs

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/delivery"
)

// inventory is an S3 Inventory report, a bucket's list of objects: compressed CSV files and a manifest
// ("Amazon S3 Inventory" and "Locating your inventory list" in the Amazon S3 User Guide).
type inventory struct {
	client   *s3.Client
	bucket   string // that the files are in
	manifest manifest
	columns  map[string]int // from a column's name to its position in a line
}

type manifest struct {
	SourceBucket, FileFormat, FileSchema string
	Files                                []struct{ Key string }
}

// openInventory reads the manifest of an inventory of the source bucket. The inventory must be in the configuration's
// Region, because the client doesn't follow redirects.
func openInventory(ctx context.Context, cfg aws.Config, uri, source string) (*inventory, error) {
	bucket, key, ok := delivery.SplitURI(uri)
	if !ok || !strings.HasSuffix(key, ".json") {
		return nil, command.Usagef("--inventory %s is not s3://BUCKET/…/manifest.json", uri)
	}
	i := &inventory{client: s3.NewFromConfig(cfg), bucket: bucket, columns: map[string]int{}}
	body, err := i.open(ctx, key)
	if err == nil {
		defer body.Close()
		err = json.NewDecoder(body).Decode(&i.manifest)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", uri, err)
	}
	for n, column := range strings.Split(i.manifest.FileSchema, ",") {
		i.columns[strings.TrimSpace(column)] = n
	}
	_, hasKeys := i.columns["Key"]
	switch m := i.manifest; {
	case m.SourceBucket != source:
		return nil, fmt.Errorf("%s is an inventory of bucket %q, not of the output bucket %s", uri, m.SourceBucket, source)
	case m.FileFormat != "CSV":
		return nil, fmt.Errorf("%s is an inventory in the format %q: configure S3 to write it as CSV", uri, m.FileFormat)
	case !hasKeys:
		return nil, fmt.Errorf("%s has the columns %q, but no column Key", uri, m.FileSchema)
	}
	return i, nil
}

func (i *inventory) open(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := i.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(i.bucket), Key: aws.String(key)})
	if err != nil {
		return nil, err
	}
	return out.Body, nil
}

// outputs yields the keys of the raw outputs in the inventory that begin with a prefix and were written since a time,
// or have no date. An error ends the sequence.
func (i *inventory) outputs(ctx context.Context, prefix string, since time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, file := range i.manifest.Files {
			for line, err := range i.lines(ctx, file.Key) {
				key, wanted := "", false
				if err == nil {
					key, wanted, err = i.output(line, prefix, since)
				}
				if err != nil {
					yield("", fmt.Errorf("read s3://%s/%s: %w", i.bucket, file.Key, err))
					return
				}
				if wanted && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// lines yields the lines of a file. gzip verifies the file's checksum. A line is valid only until the next is read. An
// error ends the sequence.
func (i *inventory) lines(ctx context.Context, key string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		body, err := i.open(ctx, key)
		if err != nil {
			yield(nil, err)
			return
		}
		defer body.Close()
		text, err := gzip.NewReader(body)
		if err != nil {
			yield(nil, err)
			return
		}
		reader := csv.NewReader(text)
		reader.FieldsPerRecord, reader.ReuseRecord = len(i.columns), true
		for {
			line, err := reader.Read()
			if errors.Is(err, io.EOF) || !yield(line, err) {
				return
			}
		}
	}
}

// output returns the key of the raw output in a line, and reports whether it is wanted. Inventories URL-encode keys.
func (i *inventory) output(line []string, prefix string, since time.Time) (key string, wanted bool, err error) {
	if key, err = url.QueryUnescape(i.value(line, "Key")); err != nil {
		return "", false, err
	}
	old := i.value(line, "IsLatest") == "false" || i.value(line, "IsDeleteMarker") == "true"
	if old || !strings.HasSuffix(key, ".out") || !strings.HasPrefix(key, prefix) {
		return "", false, nil
	}
	modified, err := time.Parse(time.RFC3339, i.value(line, "LastModifiedDate"))
	if err != nil { // without a date, the reconcile function reads the object's
		return key, true, nil
	}
	return key, !modified.Before(since), nil
}

// value returns a line's value in a column; "" if the inventory doesn't have the column.
func (i *inventory) value(line []string, column string) string {
	if n, found := i.columns[column]; found {
		return line[n]
	}
	return ""
}
