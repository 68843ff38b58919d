// Package picture draws images for the demonstration and for tests: a landscape, a planet, a city or a field of color,
// different for every seed.
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

// PNG draws a picture. The same seed gives the same bytes.
func PNG(seed string, width, height int) []byte {
	hash := fnv.New64a()
	hash.Write([]byte(seed))
	random := rand.New(rand.NewPCG(hash.Sum64(), 1))
	colors := palettes[random.IntN(len(palettes))]
	shade := scenes[random.IntN(len(scenes))](colors, random)
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			canvas.SetNRGBA(x, y, shade(float64(x)/float64(width), float64(y)/float64(height)).color())
		}
	}
	var out bytes.Buffer
	_ = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, canvas) // writing to a bytes.Buffer never fails
	return out.Bytes()
}

// tone is a color, from 0 to 1 in red, green and blue.
type tone [3]float64

func hex(value uint32) tone {
	return tone{float64(value>>16) / 255, float64(value>>8&255) / 255, float64(value&255) / 255}
}

func (t tone) color() color.NRGBA {
	byteOf := func(v float64) uint8 { return uint8(math.Round(255 * min(1, max(0, v)))) }
	return color.NRGBA{byteOf(t[0]), byteOf(t[1]), byteOf(t[2]), 255}
}

// mix is the tone between two, at 0 the first and at 1 the other.
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

// scenes draw a picture of a palette: the tone at x, from left to right, and y, from top to bottom, both from 0 to 1.
var scenes = []func(palette, *rand.Rand) func(x, y float64) tone{ridges, ridges, field, planet, city}

// wave is a sum of sines from -1 to 1, rougher with more octaves.
func wave(random *rand.Rand, octaves int) func(x float64) float64 {
	phases := make([]float64, octaves)
	for i := range phases {
		phases[i] = random.Float64() * 2 * math.Pi
	}
	return func(x float64) float64 {
		sum, size := 0.0, 0.5
		for i, phase := range phases {
			sum += size * math.Sin(x*math.Pi*math.Pow(2.1, float64(i))*1.3+phase)
			size /= 2
		}
		return sum
	}
}

// sky has a sun or moon.
func sky(p palette, random *rand.Rand) func(x, y float64) tone {
	sunX, sunY, radius := 0.2+0.6*random.Float64(), 0.18+0.25*random.Float64(), 0.05+0.07*random.Float64()
	return func(x, y float64) tone {
		t := p.high.mix(p.low, y*1.5)
		distance := math.Hypot(x-sunX, y-sunY)
		t = t.mix(p.light, 0.5*math.Exp(-distance*5))
		return t.mix(p.light, (radius-distance)*120)
	}
}

// ridges are mountains or dunes, one behind the other.
func ridges(p palette, random *rand.Rand) func(x, y float64) tone {
	const layers = 5
	behind, octaves := sky(p, random), 2+random.IntN(5)
	var heights [layers]func(float64) float64
	for i := range heights {
		heights[i] = wave(random, octaves)
	}
	return func(x, y float64) tone {
		for i := layers - 1; i >= 0; i-- {
			depth := float64(i) / (layers - 1)
			top := 0.48 + 0.4*depth + (0.13-0.06*depth)*heights[i](x*(1.2+depth))
			if y > top {
				return p.far.mix(p.near, math.Pow(depth, 0.8)).mix(p.low, 0.35*(1-depth)-(y-top)*0.3)
			}
		}
		return behind(x, y)
	}
}

// field is a soft field of colors.
func field(p palette, random *rand.Rand) func(x, y float64) tone {
	tones := []tone{p.high, p.low, p.light, p.far, p.near, p.low}
	var xs, ys [6]float64
	for i := range xs {
		xs[i], ys[i] = random.Float64(), random.Float64()
	}
	bend, other := wave(random, 3), wave(random, 3)
	return func(x, y float64) tone {
		x, y = x+0.22*bend(y*1.6), y+0.22*other(x*1.6)
		var sum tone
		total := 0.0
		for i, t := range tones {
			weight := 1 / (0.004 + math.Pow(math.Hypot(x-xs[i], y-ys[i]), 3.2))
			total += weight
			for c := range sum {
				sum[c] += t[c] * weight
			}
		}
		for c := range sum {
			sum[c] /= total
		}
		return sum
	}
}

// planet is a planet among stars.
func planet(p palette, random *rand.Rand) func(x, y float64) tone {
	centerX, centerY, radius := 0.35+0.3*random.Float64(), 0.4+0.2*random.Float64(), 0.2+0.12*random.Float64()
	bands, tilt := wave(random, 5), random.Float64()-0.5
	stars := stars(random)
	space := hex(0x05060d)
	return func(x, y float64) tone {
		t := space.mix(p.high, 0.5*y).mix(p.light, stars(x, y))
		dx, dy := (x-centerX)/radius, (y-centerY)/radius
		distance := math.Hypot(dx, dy)
		if distance < 1 {
			depth := math.Sqrt(1 - distance*distance)
			light := max(0, -0.55*dx-0.5*dy+0.67*depth)
			surface := p.far.mix(p.low, 0.5+0.9*bands(dy*1.4+tilt*dx+0.1*bands(dx)))
			t = space.mix(surface, 0.06+light).mix(p.light, 0.35*math.Pow(light, 9))
		} else {
			t = t.mix(p.low, 0.35*math.Exp(-(distance-1)*9))
		}
		ring := math.Hypot(dx+dy*tilt, (dy-dx*tilt)*3.6)
		if ring > 1.35 && ring < 1.9 && (distance > 1 || dy > dx*tilt) {
			t = t.mix(p.light, 0.55+0.4*bands(ring*9))
		}
		return t
	}
}

// stars is how bright the stars are.
func stars(random *rand.Rand) func(x, y float64) float64 {
	const cells = 26
	var places [cells][cells][3]float64
	for i := range places {
		for j := range places[i] {
			places[i][j] = [3]float64{random.Float64(), random.Float64(), math.Pow(random.Float64(), 6)}
		}
	}
	return func(x, y float64) float64 {
		star := places[int(x*cells)%cells][int(y*cells)%cells]
		distance := math.Hypot(x*cells-math.Floor(x*cells)-star[0], y*cells-math.Floor(y*cells)-star[1])
		return star[2] * max(0, 1-distance*7) * 1.6
	}
}

// city is a skyline at night.
func city(p palette, random *rand.Rand) func(x, y float64) tone {
	const rows, houses = 3, 22
	behind := sky(p, random)
	var tops [rows][houses]float64
	var lit [rows][houses * 4][64]bool
	for i := range tops {
		for j := range tops[i] {
			tops[i][j] = 0.42 + 0.17*float64(i) + 0.22*random.Float64()
		}
		for j := range lit[i] {
			for k := range lit[i][j] {
				lit[i][j][k] = random.Float64() < 0.22
			}
		}
	}
	return func(x, y float64) tone {
		for i := rows - 1; i >= 0; i-- {
			across := x*(houses-4*float64(rows-1-i))/1.2 + float64(i)*0.37
			if y < tops[i][int(across)%houses] {
				continue
			}
			wall := p.far.mix(p.near, 0.35+0.32*float64(i))
			column, row := across*4, y*64
			window := column-math.Floor(column) > 0.3 && row-math.Floor(row) > 0.45
			if window && lit[i][int(column)%(houses*4)][int(row)%64] {
				return wall.mix(p.light, 0.75)
			}
			return wall
		}
		return behind(x, y)
	}
}
