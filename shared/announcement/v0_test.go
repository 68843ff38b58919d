package announcement_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
)

// v0 is a message of the oldest format with these parameters.
func v0(parameters string) []byte {
	return []byte(`{"images": [""], "parameters": {` + parameters + `}, "info": ""}`)
}

func TestV0Images(t *testing.T) {
	for name, test := range map[string]struct {
		parameters string
		want       []string
	}{
		"OKTwo":    {`"image_url": "s3://b/a,s3://b/b"`, []string{"s3://b/a", "s3://b/b"}},
		"OKMask":   {`"image_url": "s3://b/a", "image_mask_url": "s3://b/m"`, []string{"s3://b/a", "s3://b/m"}},
		"OKCommas": {`"image_url": "s3://b/x,y/a,s3://b/x,y/b"`, []string{"s3://b/x,y/a", "s3://b/x,y/b"}},
		"OKNone":   {`"image_url": "", "image_mask_url": ""`, []string{}},
		"OKNotS3":  {`"image_url": "a.png,s3://b/b"`, []string{"a.png", "s3://b/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := announcement.Parse(v0(`"id_task": "t", "status": 1, ` + test.parameters))
			if err != nil || a.Status != announcement.Completed || !reflect.DeepEqual(a.ImageURLs, test.want) {
				t.Errorf("got %+v, %v; want %q", a, err, test.want)
			}
		})
	}
}

func TestV0Invalid(t *testing.T) {
	for name, test := range map[string]struct{ parameters, field, problem string }{
		"ErrNoID":          {`"status": 1`, "parameters.id_task", "missing or empty"},
		"ErrIDObject":      {`"id_task": {}, "status": 1`, "parameters.id_task", "must be a string, a number"},
		"ErrNoStatus":      {`"id_task": "t"`, "parameters.status", "must be 1 for success or 0 for failure, but is missing"},
		"ErrStatus":        {`"id_task": "t", "status": 2`, "parameters.status", "but is 2"},
		"ErrStatusBoolean": {`"id_task": "t", "status": true`, "parameters.status", "but is true"},
		"ErrImageURLList":  {`"id_task": "t", "status": 1, "image_url": []`, "parameters.image_url", "must be a string"},
		"ErrLoneSurrogate": {`"id_task": "\ud800", "status": 1`, "parameters.id_task", "not valid Unicode"},
		"ErrTwice":         {`"id_task": "t", "id_task": "u", "status": 1`, "message", `field "id_task" twice`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := announcement.Parse(v0(test.parameters))
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != test.field || !strings.Contains(invalid.Problem, test.problem) {
				t.Errorf("error is %v, want field %s and %q", err, test.field, test.problem)
			}
		})
	}
}
