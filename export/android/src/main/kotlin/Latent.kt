package tfgen.phone

import java.util.Random
import kotlin.math.ln

/** What samples are made of: `Latent` of `tfgen/model.py`. */
data class Latent(val shape: List<Int>, val prior: String) {
    /** Random numbers of its prior, one row. */
    fun draw(random: Random): FloatArray {
        val n = shape.fold(1, Int::times)
        return when (prior) {
            "normal" -> FloatArray(n) { random.nextGaussian().toFloat() }
            "uniform" -> FloatArray(n) { 2 * random.nextFloat() - 1 }
            "logistic" -> FloatArray(n) { logistic(random) }
            "bernoulli" ->
                FloatArray(n) { if (random.nextBoolean()) 1f else 0f }
            "categorical" -> oneHot(n, shape.last(), random)
            else -> throw Unusable("this app cannot draw from prior `$prior`")
        }
    }

    private fun logistic(random: Random): Float {
        val u = (random.nextInt(1 shl 24) + 0.5) / (1 shl 24)
        return ln(u / (1 - u)).toFloat()
    }

    private fun oneHot(n: Int, classes: Int, random: Random): FloatArray {
        val row = FloatArray(n)
        for (start in 0 until n step classes) {
            row[start + random.nextInt(classes)] = 1f
        }
        return row
    }
}

/** The numbers of an input of a signature that makes examples, one row. */
fun Description.draw(name: String, input: Tensor, random: Random): FloatArray {
    if (input.type != "float32" || input.shape.size != 2) {
        throw Unusable("input `$name` is ${input.type} ${input.shape}: this " +
            "app gives rows of float32")
    }
    if (name == "uniforms") return FloatArray(input.size) { random.nextFloat() }
    val latent = latents[name] ?: throw Unusable(
        "input `$name`: this app gives latents and uniforms alone")
    return latent.draw(random)
}
