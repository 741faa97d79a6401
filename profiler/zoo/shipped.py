"""The networks with public weights that this project profiles, and their pruned variants.

`NETWORKS` describes the graphs of `graph.py` by name. `VARIANTS` lists the pruned ones; rates were
chosen by the accuracy that is left without training afterwards, see `quality.py`.
"""

from typing import NamedTuple

CIFAR = {"cifar10": 60, "cifar10_dark": 30}
IMAGENET = {"imagenet": 60, "imagenet_dark": 30}
FACES = {"faces": 40, "faces_dark": 40}
HANDS = {"hands": 40, "hands_dark": 40}
HAND_CROPS = {"hand_crops": 40, "hand_crops_dark": 40}


class Network(NamedTuple):
    """Names, origin and preparation of a graph; `inputs` says how many images of which set."""

    model: str
    pattern: str
    title: str
    source: str
    licence: str
    prepare: str
    inputs: dict


def _resnet(depth):
    source = "github.com/akamaster/pytorch_resnet_cifar10 @ d5489e8"
    title = f"ResNet-{depth} for CIFAR-10"
    return Network(f"resnet{depth}", "dense", title, source, "BSD-2-Clause", "", CIFAR)


def _tiny(model, pattern, title, prepare, inputs):
    source = "github.com/mlcommons/tiny @ 1afd2c9"
    return Network(model, pattern, title, source, "Apache-2.0", prepare, inputs)


def _coral(model, title, prepare, inputs):
    source = "github.com/google-coral/test_data @ 104342d"
    return Network(model, "dense", title, source, "Apache-2.0", prepare, inputs)


def _mediapipe(model, pattern, title, commit, prepare, inputs):
    source = f"github.com/google-ai-edge/mediapipe @ {commit}"
    return Network(model, pattern, title, source, "Apache-2.0", prepare, inputs)


def _crop(side):
    return f"crop=87.5%,resize={side}x{side}"


NETWORKS = {
    "resnet20_cifar10": _resnet(20),
    "resnet32_cifar10": _resnet(32),
    "resnet44_cifar10": _resnet(44),
    "resnet56_cifar10": _resnet(56),
    "mlperf_tiny_resnet8_int8": _tiny(
        "resnet8", "dense", "ResNet-8 of MLPerf Tiny for CIFAR-10, 8 bit", "", CIFAR
    ),
    "vww_96_int8": _tiny(
        "wakewords",
        "sparse",
        "MobileNet-V1 0.25 of MLPerf Tiny for visual wake words, 8 bit",
        "crop=100%,resize=96x96",
        FACES,
    ),
    "squeezenet_deepcompression": Network(
        "squeezenet",
        "pruned",
        "SqueezeNet 1.0 after Deep Compression",
        "github.com/songhan/SqueezeNet-Deep-Compression @ fb13faa",
        "BSD-2-Clause",
        "resize=256x256,crop=227",
        IMAGENET,
    ),
    "mobilenet_v1_0.25_128_quant": _coral(
        "mobilenetv1-025", "MobileNet-V1 0.25 at 128x128, 8 bit", _crop(128), IMAGENET
    ),
    "mobilenet_v1_0.5_160_quant": _coral(
        "mobilenetv1-050", "MobileNet-V1 0.5 at 160x160, 8 bit", _crop(160), IMAGENET
    ),
    "mobilenet_v1_0.75_192_quant": _coral(
        "mobilenetv1-075", "MobileNet-V1 0.75 at 192x192, 8 bit", _crop(192), IMAGENET
    ),
    "mobilenet_v2_1.0_224_quant": _coral(
        "mobilenetv2", "MobileNet-V2, trained for 8 bit", _crop(224), IMAGENET
    ),
    "tf2_mobilenet_v2_1.0_224_ptq": _coral(
        "mobilenetv2-ptq", "MobileNet-V2, 8 bit after training", _crop(224), IMAGENET
    ),
    "movenet_single_pose_lightning_ptq": _coral(
        "movenet", "MoveNet Lightning, one person's pose, 8 bit", "letterbox=192x192", HANDS
    ),
    "posenet_mobilenet_v1_075_353_481_16_quant": _coral(
        "posenet", "PoseNet on MobileNet-V1 0.75, 8 bit", "letterbox=353x481", FACES
    ),
    "mp_face_detection_full_range": _mediapipe(
        "facedetector-full",
        "dense",
        "Face detector, full range",
        "1392370",
        "letterbox=192x192",
        FACES,
    ),
    "mp_face_detection_full_range_sparse": _mediapipe(
        "facedetector",
        "pruned",
        "Face detector, full range, sparse weights",
        "1392370",
        "letterbox=192x192",
        FACES,
    ),
    "mp_face_detection_short_range": _mediapipe(
        "facedetector-short",
        "dense",
        "Face detector, short range",
        "1392370",
        "letterbox=128x128",
        FACES,
    ),
    "mp_hand_landmark_lite": _mediapipe(
        "handlandmark-lite",
        "dense",
        "Hand landmarks, lite",
        "1faeaae",
        "resize=224x224",
        HAND_CROPS,
    ),
    "mp_hand_landmark_sparse": _mediapipe(
        "handlandmark",
        "pruned",
        "Hand landmarks, sparse weights",
        "33d683c",
        "resize=224x224",
        HAND_CROPS,
    ),
    "mp_palm_detection_lite": _mediapipe(
        "palmdetector", "dense", "Palm detector, lite", "d4bb35f", "letterbox=192x192", HANDS
    ),
    "mp_pose_detection": _mediapipe(
        "posedetector", "pruned", "Pose detector", "d4bb35f", "letterbox=224x224", HANDS
    ),
    "mp_selfie_segmentation": _mediapipe(
        "selfie", "dense", "Selfie segmentation", "8b57bf8", "resize=256x256", HANDS
    ),
    "ultraface_rfb_320": Network(
        "ultraface",
        "dense",
        "Ultra-light face detector RFB-320",
        "github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB @ dffdddd",
        "MIT",
        "resize=240x320",
        FACES,
    ),
}

# In each network at most one is damaged, to have an example of it.
VARIANTS = {
    "resnet20_cifar10": ("random:0.5", "nm:3:4", "nm:2:4", "block:0.1", "channel:0.05"),
    "resnet56_cifar10": ("random:0.5", "nm:3:4", "nm:2:4", "block:0.2", "channel:0.1"),
    "mlperf_tiny_resnet8_int8": ("random:0.3", "nm:3:4", "block:0.1", "channel:0.05"),
    "mobilenet_v1_0.25_128_quant": ("random:0.3", "nm:3:4", "block:0.1", "channel:0.02"),
    "mobilenet_v1_0.5_160_quant": (
        "random:0.3",
        "random:0.4",
        "nm:3:4",
        "block:0.1",
        "channel:0.02",
    ),
    "mobilenet_v1_0.75_192_quant": ("random:0.3", "random:0.4", "nm:3:4", "block:0.1"),
    "mobilenet_v2_1.0_224_quant": ("random:0.2", "random:0.3", "nm:7:8", "block:0.05"),
    "ultraface_rfb_320": ("random:0.3", "nm:7:8", "nm:3:4", "block:0.1", "channel:0.02"),
}

# Networks whose variants are recentred, see `pruning.py`.
RECENTRED = {
    "mlperf_tiny_resnet8_int8",
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_0.5_160_quant",
    "mobilenet_v1_0.75_192_quant",
    "ultraface_rfb_320",
}
