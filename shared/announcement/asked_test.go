package announcement_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"sdtasktracker/shared/announcement"
)

func TestAskedOf(t *testing.T) {
	png := "iVBORw0KGgoAAAANSUhEUg" + strings.Repeat("A", 5000)
	escaped := strings.Repeat(`\/9j\/4AAQSkZJRgABAQAAAQ`, 99)         // a JPEG, as PHP writes slashes
	lines := strings.Repeat("Qk02"+strings.Repeat("Z", 72)+`\n`, 99)  // a BMP, in lines of MIME's length
	url := "https://images.example.com/in/2026/a_cat-1.png?expires=1" // no image
	for name, test := range map[string]struct{ content, want string }{
		"OK": {`{"alwayson_scripts": {}, "prompt": "a cat", "negative_prompt": "fog", "seed": 4120057, "steps": 16, ` +
			`"width": 512, "height": 640, "sampler_name": "Euler a", "cfg_scale": 7.0, ` +
			`"override_settings": {"sd_model_checkpoint": "v1-5.safetensors"}}`,
			`{"task_type":"t2i","prompt":"a cat","negative_prompt":"fog","seed":4120057,"steps":16,"width":512,` +
				`"height":640,"sampler":"Euler a","model":"v1-5.safetensors"}`},
		"OKOldRelease": {`{"alwayson_scripts": {"sd_model_checkpoint": "v1-5"}, "prompt": "a <cat>"}`,
			`{"task_type":"t2i","prompt":"a <cat>","model":"v1-5"}`},
		"OKBesideNaN": {`{"cfg_scale":-Infinity,"seed":NaN,"prompt":"a cat"}`, `{"task_type":"t2i","prompt":"a cat"}`},
		"OKImageToImage": {`{"init_images":["` + png + `"],"mask":"data:image/png;base64,AA","prompt":"a cat"}`,
			`{"task_type":"t2i","prompt":"a cat"}`},
		"OKUpscale": {`{"upscaling_resize": 2, "image": "` + png + `"}`,
			`{"task_type":"t2i","workflow":{"upscaling_resize":2,"image":"(an image)"}}`},
		"OKWorkflow": {`{"prompt": {"3": {"class_type": "KSampler", "inputs": {"seed": 1, "x": "R0lGODlh"}}}}`,
			`{"task_type":"t2i","workflow":{"prompt":{"3":{"class_type":"KSampler","inputs":{"seed":1,"x":"(an image)"}}}}}`},
		"OKEscapedImage": {`{"image":"` + escaped + `"}`, `{"task_type":"t2i","workflow":{"image":"(an image)"}}`},
		"OKImageInLines": {`{"image":"` + lines + `"}`, `{"task_type":"t2i","workflow":{"image":"(an image)"}}`},
		"OKImageInText": {`{"nodes":"{\"image\":\"` + png + `\"}","image":"` + url + `"}`,
			`{"task_type":"t2i","workflow":{"nodes":"(an image)","image":"` + url + `"}}`},
		"OKDataURLInText": {`{"html":"<img src='data:image/png;base64,AA'>"}`,
			`{"task_type":"t2i","workflow":{"html":"(an image)"}}`},
		"OKWorkflowWithNaN": {`{"cfg":NaN}`, `{"task_type":"t2i","workflow":"{\"cfg\":NaN}"}`},
		"OKSurrogate":       {`{"prompt":"\udc00"}`, `{"task_type":"t2i","prompt":"\ufffd"}`},
		"OKText":            {`"a cat"`, `{"task_type":"t2i","workflow":"a cat"}`},
		"NoneMissing":       {"", ""},
		"NoneNull":          {"null", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.ReplaceAll(announcement.AskedOf("t2i", []byte(test.content)), "\uFFFD", `\ufffd`)
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAskedByOutput(t *testing.T) {
	const output = `{"images": [""], "parameters": {"prompt": "a cat", "seed": -1, "steps": 20, "init_images": null, ` +
		`"id_task": "t", "image_url": "s3://b/1", "image_seed": "12,13", "error_msg": ""}, "info": ""}`
	for name, test := range map[string]struct{ output, want string }{
		"OK":          {output, `{"prompt":"a cat","seed":"12,13","steps":20}`},
		"OKCutOff":    {output[:strings.Index(output, "eps")], `{"prompt":"a cat","seed":-1}`},
		"NoneComfyUI": {`{"code": 200}`, ""},
		"NoneEmpty":   {"", ""},
		"NoneNoJSON":  {"Traceback", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := announcement.AskedByOutput([]byte(test.output)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestAskedIsBounded: for any request, the result is a JSON object that fits.
func TestAskedIsBounded(t *testing.T) {
	for _, text := range []string{"x y", "\u0001", "画", `"\`, "\xff", "\u2028<"} {
		long := strings.Repeat(text, 100_000/len(text))
		encoded, err := json.Marshal(long)
		if err != nil {
			t.Fatal(err)
		}
		e := string(encoded)
		everywhere := `{"prompt":` + e + `,"negative_prompt":` + e + `,"sampler_name":` + e + `,"seed":` + e + `}`
		for _, content := range []string{everywhere,
			`{"nodes":` + e + `}`, e, long, `{"prompt":"` + long} {
			got := announcement.AskedOf(long, []byte(content))
			if len(got) > announcement.MaxRequestBytes || !json.Valid([]byte(got)) || !utf8.ValidString(got) {
				t.Errorf("%d bytes of %q…: %.80s", len(got), text, got)
			}
		}
	}
}

func FuzzAsked(f *testing.F) {
	f.Add([]byte(`{"prompt":"a","seed":1}`))
	f.Add([]byte(`{"parameters":{"prompt":"a","seed":NaN`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, got := range []string{announcement.AskedOf("", text), announcement.AskedByOutput(text)} {
			if got != "" && (len(got) > announcement.MaxRequestBytes || !json.Valid([]byte(got))) {
				t.Errorf("got %q", got)
			}
		}
	})
}
