package tfgen.phone

import java.nio.ByteBuffer
import java.nio.FloatBuffer
import java.util.Random
import org.tensorflow.lite.Interpreter

/** A TFLite file of apps.export, mapped into memory or direct. */
class DeviceModel(file: ByteBuffer) : AutoCloseable {
    private val archive = Archive(file)
    private val description = Description(archive["description.json"])
    private val interpreter = Interpreter(file)
    private val tokenizer by lazy { tokenizer(archive) }

    /** A sample; a seed gives the same one again. */
    fun sample(seed: Long): Picture {
        val name = MAKERS.firstOrNull { it in description.signatures }
            ?: throw Unusable("it makes no examples: no $MAKERS")
        val signature = description.signatures.getValue(name)
        val x = signature.outputs.getValue("x")
        if (x.type != "float32" || x.levels < 2 || x.shape.size != 4 ||
            x.shape.last() !in listOf(1, 3)
        ) {
            throw Unusable("its `x` is no picture of float32: $x")
        }
        val random = Random(seed)
        val inputs = signature.inputs.mapValues { (input, tensor) ->
            arrayOf(description.draw(input, tensor, random))
        }
        val outputs = FloatBuffer.allocate(x.size)
        interpreter.runSignature(inputs, mapOf("x" to outputs), name)
        return picture(outputs.array(), x)
    }

    /** Labels with their probabilities, in the model's order. */
    fun classify(premise: String, hypothesis: String): Map<String, Float> {
        if (PAIRS !in description.signatures) {
            throw Unusable("it classifies no sentence pairs: no $PAIRS")
        }
        val inputs = mapOf<String, Any>(
            "premise_ids" to arrayOf(tokenizer.ids(premise)),
            "hypothesis_ids" to arrayOf(tokenizer.ids(hypothesis)),
        )
        val probabilities = arrayOf(FloatArray(description.labels.size))
        val outputs = mapOf<String, Any>("probabilities" to probabilities)
        interpreter.runSignature(inputs, outputs, PAIRS)
        return description.labels.zip(probabilities[0].toList()).toMap()
    }

    override fun close() = interpreter.close()

    private companion object {
        val MAKERS = listOf("decode", "decode_with_uniforms", "draw")
        const val PAIRS = "classify_ids"
    }
}
