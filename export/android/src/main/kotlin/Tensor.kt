package tfgen.phone

/** An input or output; -1 in its shape is free, `levels` those of grays. */
data class Tensor(val shape: List<Int>, val type: String, val levels: Int) {
    /** How many numbers an example has. */
    val size get() = shape.drop(1).fold(1, Int::times)
}

data class Signature(
    val inputs: Map<String, Tensor>,
    val outputs: Map<String, Tensor>,
)
