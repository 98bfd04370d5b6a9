package tfgen.phone

import java.nio.ByteBuffer
import java.nio.ByteOrder

/** A file that this app cannot use; the message says why. */
class Unusable(message: String) : Exception(message)

/** The files at the end of a TFLite file, a zip archive without compression. */
class Archive(model: ByteBuffer) {
    private val bytes = model.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    private val places = mutableMapOf<String, Pair<Int, Int>>()

    init {
        // The archive has no comment, so its last record ends the file.
        val end = bytes.capacity() - END_SIZE
        if (end < 0 || bytes.getInt(end) != END) {
            throw Unusable("it holds no files: not written by apps.export")
        }
        var entry = bytes.getInt(end + 16)
        repeat(short(end + 10)) {
            val name = short(entry + 28)
            if (short(entry + 10) == STORED) {
                val local = bytes.getInt(entry + 42)
                val start = local + 30 + short(local + 26) + short(local + 28)
                val place = Pair(start, bytes.getInt(entry + 24))
                places[text(entry + 46, name)] = place
            }
            entry += 46 + name + short(entry + 30) + short(entry + 32)
        }
    }

    /** The text of a file in it. */
    operator fun get(name: String): String {
        val (start, size) = places[name]
            ?: throw Unusable("`$name` is not in it: export it again")
        return text(start, size)
    }

    private fun short(at: Int) = bytes.getShort(at).toInt() and 0xffff

    private fun text(start: Int, size: Int): String {
        val part = bytes.duplicate()
        part.limit(start + size)
        part.position(start)
        return ByteArray(size).also { part.get(it) }.decodeToString()
    }

    private companion object {
        const val END = 0x06054b50
        const val END_SIZE = 22
        const val STORED = 0
    }
}
