package tfgen.phone

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.drawable.BitmapDrawable
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.ImageView
import android.widget.LinearLayout
import android.widget.ScrollView
import android.widget.TextView
import java.io.FileNotFoundException
import java.nio.channels.FileChannel
import java.util.concurrent.Executors

/** Two screens: samples of picture.tflite, sentence pairs of pairs.tflite. */
class MainActivity : Activity() {
    private val worker = Executors.newSingleThreadExecutor()
    private val models = mutableMapOf<String, DeviceModel>() // the worker's
    private var seed = 0L

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        val samples = samples()
        val pairs = pairs().apply { visibility = View.GONE }
        fun shows(screen: View) = button(
            if (screen === samples) "Samples" else "Sentence pairs"
        ) {
            samples.visibility = View.GONE
            pairs.visibility = View.GONE
            screen.visibility = View.VISIBLE
        }
        val tabs = LinearLayout(this)
        tabs.addView(shows(samples))
        tabs.addView(shows(pairs))
        val all = ScrollView(this)
        all.fitsSystemWindows = true // not below the status bar
        all.addView(column(tabs, samples, pairs))
        setContentView(all)
    }

    override fun onDestroy() {
        worker.execute { models.values.forEach { it.close() } }
        worker.shutdown()
        super.onDestroy()
    }

    private fun samples(): View {
        val message = TextView(this)
        val image = ImageView(this)
        image.adjustViewBounds = true
        image.contentDescription = "a sample"
        val draw = {
            val number = seed++
            background(message, { ask(PICTURE) { it.sample(number) } }) {
                val bitmap = Bitmap.createBitmap(
                    it.pixels, it.width, it.height, Bitmap.Config.ARGB_8888)
                val drawable = BitmapDrawable(resources, bitmap)
                drawable.isFilterBitmap = false // pixels stay squares
                image.setImageDrawable(drawable)
                message.text = "seed $number"
            }
        }
        draw()
        return column(image, button("Another", draw), message)
    }

    private fun pairs(): View {
        val premise = EditText(this).apply { hint = "Premise" }
        val hypothesis = EditText(this).apply { hint = "Hypothesis" }
        val message = TextView(this)
        val classify = button("Classify") {
            val (first, second) = listOf(premise, hypothesis).map {
                it.text.toString()
            }
            background(
                message, { ask(PAIRS) { it.classify(first, second) } },
            ) { found ->
                message.text = found.entries.joinToString("\n") { (label, p) ->
                    "%s %.3f".format(label, p)
                }
            }
        }
        return column(premise, hypothesis, classify, message)
    }

    /** Calls a model of the assets, which is opened by its first call. */
    private fun <T> ask(name: String, call: (DeviceModel) -> T): T {
        val model = models.getOrPut(name) {
            assets.openFd(name).use { file ->
                file.createInputStream().use {
                    DeviceModel(it.channel.map(
                        FileChannel.MapMode.READ_ONLY,
                        file.startOffset,
                        file.declaredLength,
                    ))
                }
            }
        }
        return call(model)
    }

    /** Works aside, then shows what was found, or what is wrong. */
    private fun <T> background(
        message: TextView,
        work: () -> T,
        show: (T) -> Unit,
    ) = worker.execute {
        try {
            val found = work()
            runOnUiThread { show(found) }
        } catch (error: FileNotFoundException) {
            say(message, "${error.message} is not in src/main/assets")
        } catch (error: Unusable) {
            say(message, "This file does not fit: ${error.message}.")
        } catch (error: IllegalArgumentException) { // it throws both
            say(message, "LiteRT: ${error.message}")
        } catch (error: IllegalStateException) {
            say(message, "LiteRT: ${error.message}")
        }
    }

    private fun say(message: TextView, text: String) =
        runOnUiThread { message.text = text }

    private fun column(vararg views: View) = LinearLayout(this).apply {
        orientation = LinearLayout.VERTICAL
        setPadding(24, 24, 24, 24)
        views.forEach(::addView)
    }

    private fun button(title: String, act: () -> Unit) =
        Button(this).apply {
            text = title
            setOnClickListener { act() }
        }

    private companion object {
        const val PICTURE = "picture.tflite"
        const val PAIRS = "pairs.tflite"
    }
}
