package page

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/picture"
)

// TestFullFile: an image for which the file has no room is the last that is read.
func TestFullFile(t *testing.T) {
	store := localtest.Buckets(t, "images")
	store.Put(t, "images", "1.png", string(picture.PNG("1", 16, 16)))
	in := &inliner{client: s3.NewFromConfig(store.Config())}
	in.size.Store(maxImages)
	for range 3 {
		in.read(t.Context(), &object{uri: "s3://images/1.png"})
	}
	gets := store.Proxy.Requests(func(r faultproxy.Request) bool { return r.Method == "GET" })
	if len(gets) != 1 || in.left != 3 || in.unread > 0 {
		t.Errorf("%d images were read, %d left out, %v", len(gets), in.left, in.firstErr)
	}
}

// TestLargeImage: an image of more than 8 MB stays a link.
func TestLargeImage(t *testing.T) {
	store := localtest.Buckets(t, "images")
	small := string(picture.PNG("1", 16, 16))
	in := &inliner{client: s3.NewFromConfig(store.Config())}
	for name, size := range map[string]int{"OK": maxImage, "ErrTooLarge": maxImage + 1} {
		t.Run(name, func(t *testing.T) {
			store.Put(t, "images", "1.png", small+strings.Repeat("0", size-len(small)))
			o := &object{URL: "link", uri: "s3://images/1.png"}
			in.left = 0
			in.read(t.Context(), o)
			if linked := o.URL == "link"; linked != (in.left == 1) || linked != (name != "OK") || in.unread > 0 {
				t.Errorf("it is at %.40s, %d are left out, %v", o.URL, in.left, in.firstErr)
			}
		})
	}
}
