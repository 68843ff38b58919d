package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sdtasktracker/shared/tasktable"
)

// TestNoImages: a task that completed without images has its own delivery status,
// and counts once.
func TestNoImages(t *testing.T) {
	f := newFixture(t)
	message := map[string]any{"id": "a", "result": true, "image_url": []string{}}
	for range 2 {
		if err := f.deliver(t.Context(), message); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.task(t, "a"); got.DeliveryStatus != tasktable.DeliveryEmpty || got.DeliveredAt.IsZero() {
		t.Errorf("the item is %+v", got)
	}
	if got := strings.Count(f.logged.String(), `"Empty":1`); got != 1 || len(f.proxy.Requests(nil)) > 0 {
		t.Errorf("counted %d times with %d requests: %s", got, len(f.proxy.Requests(nil)), f.logged)
	}
	f.handler.Environment.DeliverOutput = true
	put(t, f.store, "b.out")
	err := f.deliver(t.Context(), map[string]any{"id": "b", "result": true, "output_url": "s3://source/b.out"})
	if got := f.task(t, "b"); err != nil || got.DeliveryStatus != tasktable.DeliveryEmpty || len(got.Delivered) != 1 {
		t.Errorf("with its output, the item is %+v, %v", got, err)
	}
}

func TestIsEmpty(t *testing.T) {
	encrypted := &types.CopyObjectResult{ETag: aws.String(`"0f3c"`), ChecksumCRC64NVME: aws.String("AAAAAAAAAAA=")}
	for name, test := range map[string]struct {
		copied *types.CopyObjectResult
		want   bool
	}{
		"Empty":          {&types.CopyObjectResult{ETag: aws.String(`"d41d8cd98f00b204e9800998ecf8427e"`)}, true},
		"EmptyEncrypted": {encrypted, true},
		"NotEmpty":       {&types.CopyObjectResult{ETag: aws.String(`"0f3c"`)}, false},
		"NotKnown":       {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isEmpty(test.copied); got != test.want {
				t.Errorf("it is empty: %t, want %t", got, test.want)
			}
		})
	}
}

// TestEmptyObjects: objects without bytes are delivered and listed, without
// additional requests.
func TestEmptyObjects(t *testing.T) {
	f := newFixture(t)
	f.store.Put(t, "source", "1.None", "")
	put(t, f.store, "2.png")
	message := map[string]any{"id": "a", "result": true,
		"image_url": []string{"s3://source/1.None", "s3://source/2.png"}}
	if err := f.deliver(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	want := []string{"s3://destination/1.None"}
	got := f.task(t, "a")
	if got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != 2 || !slices.Equal(got.EmptyObjects, want) {
		t.Errorf("the item is %+v", got)
	}
	if !strings.Contains(f.logged.String(), `"Empty":1`) || len(f.proxy.Requests(nil)) != 2 {
		t.Errorf("%d requests; the log says %s", len(f.proxy.Requests(nil)), f.logged)
	}
	t.Run("OKDeliveredBefore", func(t *testing.T) {
		message["id"] = "b"
		if err := f.deliver(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		if got := f.task(t, "b"); !slices.Equal(got.EmptyObjects, want) {
			t.Errorf("the item is %+v", got)
		}
	})
	t.Run("OKOtherServer", func(t *testing.T) {
		other := newFiles(t)
		other.put(t, "source", "k", "")
		if got := other.deliver(t, "k"); !got.empty || got.failure != nil {
			t.Errorf("got %+v", got)
		}
	})
}
