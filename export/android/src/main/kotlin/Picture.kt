package tfgen.phone

import kotlin.math.round

/** Pixels of colours 0xAARRGGBB, row by row. */
class Picture(val width: Int, val height: Int, val pixels: IntArray)

/**
 * A picture of gray levels, as the server's PNG files: 0 is black and
 * `levels - 1` white, and a shade is the nearest of 256.
 */
fun picture(x: FloatArray, tensor: Tensor): Picture {
    if (x.any { !it.isFinite() }) throw Unusable("its picture is not finite")
    val (height, width, channels) = tensor.shape.drop(1)
    val pixels = IntArray(height * width) { pixel ->
        (0 until 3).fold(0xff) { colour, c ->
            val level = x[pixel * channels + if (channels == 3) c else 0]
            (colour shl 8) or shade(level, tensor.levels)
        }
    }
    return Picture(width, height, pixels)
}

private fun shade(level: Float, levels: Int) =
    round((level * (255f / (levels - 1))).coerceIn(0f, 255f)).toInt()
