// Package picture draws images for the demonstration and for tests: mountains or dunes before a sun or moon, different
// for every seed.
package picture

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
)

// layers is how many ridges stand one behind the other.
const layers = 5

// depths says how near each ridge is, from the farthest.
var depths = [layers]float64{0, 0.25, 0.5, 0.75, 1}

// PNG draws a picture. The same seed gives the same bytes.
func PNG(seed string, width, height int) []byte {
	hash := fnv.New64a()
	hash.Write([]byte(seed))
	random := rand.New(rand.NewPCG(hash.Sum64(), 1))
	p, behind := palettes[random.IntN(len(palettes))], sky(random)
	octaves := 2 + random.IntN(5)
	var ridges [layers]func(x float64) float64
	for i := range ridges {
		ridges[i] = wave(random, octaves)
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	for pixelX := range width {
		x := float64(pixelX) / float64(width)
		var tops [layers]float64
		for i, depth := range depths {
			tops[i] = 0.48 + 0.4*depth + (0.13-0.06*depth)*ridges[i](x*(1.2+depth))
		}
		for pixelY := range height {
			y := float64(pixelY) / float64(height)
			t := behind(p, x, y)
			for i, depth := range depths {
				if y > tops[i] {
					t = p.far.mix(p.near, depth).mix(p.low, 0.35*(1-depth)-(y-tops[i])*0.3)
				}
			}
			canvas.SetNRGBA(pixelX, pixelY, color.NRGBA{uint8(t[0]), uint8(t[1]), uint8(t[2]), 255})
		}
	}
	var out bytes.Buffer
	_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, canvas) // writing to a bytes.Buffer never fails
	return out.Bytes()
}

// tone is a color, from 0 to 255 in red, green and blue.
type tone [3]float64

func hex(value int) tone {
	return tone{float64(value >> 16), float64(value >> 8 & 255), float64(value & 255)}
}

// mix returns a tone between two tones: the first at 0, the second at 1.
func (t tone) mix(other tone, at float64) tone {
	at = min(1, max(0, at))
	for i := range t {
		t[i] += (other[i] - t[i]) * at
	}
	return t
}

// palette has the tones of a picture: the sky above and at the horizon, the light, and the ground far and near.
type palette struct{ high, low, light, far, near tone }

var palettes = []palette{
	{hex(0x2b2f77), hex(0xff8e6e), hex(0xffe9b8), hex(0xa1528a), hex(0x1b1436)},
	{hex(0x0b3954), hex(0x8fd3d1), hex(0xfefefa), hex(0x4f9ca6), hex(0x0a2a33)},
	{hex(0x3a1c71), hex(0xffaf7b), hex(0xfff3d6), hex(0xd76d77), hex(0x2a1140)},
	{hex(0x4a7fb5), hex(0xf6e7cb), hex(0xffffff), hex(0x9db5a0), hex(0x2e4a3d)},
	{hex(0x120c2e), hex(0x4b2a8c), hex(0xf7d1ff), hex(0x6a3fb0), hex(0x0c0620)},
	{hex(0xe8b77a), hex(0xf9e3b8), hex(0xffffff), hex(0xd08a4e), hex(0x5d2e1c)},
	{hex(0x0f2027), hex(0x3f8f8b), hex(0xd9fff1), hex(0x2a6b66), hex(0x07181b)},
	{hex(0xf4a7b9), hex(0xfde2e4), hex(0xffffff), hex(0xb98ec4), hex(0x4b3b6b)},
}

// wave returns a sum of sines from -1 to 1, which is rougher with more octaves.
func wave(random *rand.Rand, octaves int) func(x float64) float64 {
	phases := make([]float64, octaves)
	for i := range phases {
		phases[i] = random.Float64() * 2 * math.Pi
	}
	return func(x float64) float64 {
		sum := 0.0
		for i, phase := range phases {
			sum += math.Pow(0.5, float64(i+1)) * math.Sin(x*math.Pi*math.Pow(2.1, float64(i))*1.3+phase)
		}
		return sum
	}
}

// sky has a sun or moon.
func sky(random *rand.Rand) func(p palette, x, y float64) tone {
	sunX, sunY, radius := 0.2+0.6*random.Float64(), 0.18+0.25*random.Float64(), 0.05+0.07*random.Float64()
	return func(p palette, x, y float64) tone {
		distance := math.Hypot(x-sunX, y-sunY)
		return p.high.mix(p.low, y*1.5).mix(p.light, 0.5*math.Exp(-distance*5)).mix(p.light, (radius-distance)*120)
	}
}
