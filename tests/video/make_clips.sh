#!/usr/bin/env bash
# Makes clips of all kinds with an installed ffmpeg, from synthetic pictures: make_clips.sh FOLDER
# With --tiny: the few that are kept in tests/video/clips.
set -euo pipefail

tiny=false
if [ "${1:-}" = --tiny ]; then tiny=true; shift; fi
cd "${1:?a folder}"

ff() { ffmpeg -nostdin -hide_banner -loglevel error -y "$@"; }
# Ignores an encoder that this ffmpeg lacks; the test asks for a minimum of clips.
try() { "$@" || echo "not made: ${*: -1}" >&2; }

# Colours that RGB can hold, so that a comparison of luma through RGB is fair to JPEG.
source() { # NAME WIDTH:HEIGHT FRAMES
  ff -f lavfi -i "testsrc2=size=320x240:rate=30" -f lavfi -i "mandelbrot=size=320x240:rate=30" \
    -filter_complex "[0][1]blend=all_mode=average,hue=s=0.4,scale=$2,format=yuv420p" \
    -frames:v "$3" -c:v ffv1 "$1"
}

x264=(-c:v libx264 -preset veryfast -threads 1)
x265=(-c:v libx265 -x265-params log-level=error:pools=1)
vp9=(-c:v libvpx-vp9 -deadline realtime -cpu-used 8)
vfr=(-vf "settb=1/1000,setpts=N*33+mod(N*N*7\,23)" -fps_mode vfr)

if $tiny; then
  source src.mkv 64:48 12
  source odd.mkv 53:37 8
  ff -i src.mkv "${x264[@]}" -bf 2 -crf 30 h264_bframes.mp4
  ff -i src.mkv "${x264[@]}" -bf 2 -crf 30 "${vfr[@]}" h264_vfr.mkv
  ff -i src.mkv "${x264[@]}" -crf 30 -movflags frag_keyframe+empty_moov -g 4 h264_fragments.mp4
  ff -i h264_bframes.mp4 -metadata:s:v rotate=90 -c copy h264_turned.mov
  ff -i src.mkv "${x264[@]}" -crf 30 -g 4 -bf 0 long.mp4
  ff -ss 0.2 -i long.mp4 -c copy h264_edit_list.mp4
  ff -i src.mkv "${x265[@]}" -crf 34 -tag:v hvc1 hevc.mp4
  ff -i odd.mkv "${vp9[@]}" -crf 45 -b:v 0 vp9_odd.webm
  ff -i src.mkv -c:v libaom-av1 -cpu-used 8 -crf 50 av1.mp4
  ff -i odd.mkv -c:v mjpeg -q:v 9 -pix_fmt yuvj420p -frames:v 6 mjpeg_odd.avi
  rm -f src.mkv odd.mkv long.mp4
  exit
fi

source src.mkv 160:120 40
source odd.mkv 161:119 30
trap 'rm -f src.mkv odd.mkv long.mp4' EXIT
i=(-i src.mkv)

try ff "${i[@]}" "${x264[@]}" -profile:v baseline h264_baseline.mp4
try ff "${i[@]}" "${x264[@]}" -bf 3 h264_bframes.mp4
try ff -i h264_bframes.mp4 -c copy h264_bframes.mov
try ff "${i[@]}" "${x264[@]}" -bf 3 h264_bframes.mkv
try ff "${i[@]}" -c:v libx264 -preset slower -bf 8 -refs 8 \
  -x264-params weightp=2:weightb=1:b-pyramid=normal:open-gop=1:keyint=15 h264_open_gop.mp4
try ff "${i[@]}" "${x264[@]}" -x264-params slices=4:cabac=0 h264_cavlc_slices.mp4
try ff "${i[@]}" -c:v libx264 -preset medium -x264-params cqm=jvt h264_scaling_lists.mp4
try ff "${i[@]}" "${x264[@]}" -pix_fmt yuvj420p -color_range pc h264_full_range.mp4
try ff "${i[@]}" "${x264[@]}" -bf 3 "${vfr[@]}" -video_track_timescale 90000 h264_vfr.mp4
try ff "${i[@]}" "${x264[@]}" -bf 3 "${vfr[@]}" h264_vfr.mkv
try ff "${i[@]}" "${x264[@]}" -bf 2 -g 10 -movflags frag_keyframe+empty_moov h264_fragments.mp4
try ff "${i[@]}" "${x264[@]}" -bf 2 -g 10 \
  -movflags frag_keyframe+empty_moov+default_base_moof h264_fragments_based.mp4
try ff "${i[@]}" "${x264[@]}" -bf 2 -g 10 long.mp4
try ff -ss 0.5 -i long.mp4 -c copy h264_edit_list.mp4
try ff -ss 0.5 -i long.mp4 -t 0.4 -c copy h264_edit_list_end.mov
try ff -i h264_bframes.mp4 -metadata:s:v rotate=90 -c copy h264_turned_90.mp4
try ff -i h264_bframes.mp4 -metadata:s:v rotate=180 -c copy h264_turned_180.mov
try ff "${i[@]}" "${x264[@]}" -vf scale=158:118 h264_cropped.mp4
try ff "${i[@]}" "${x264[@]}" -bf 2 -use_editlist 0 h264_no_edit_list.mp4
try ff "${i[@]}" "${x264[@]}" -bf 2 -output_ts_offset 2.5 h264_late_start.mp4
try ff "${i[@]}" "${x264[@]}" -bf 2 -output_ts_offset 2.5 h264_late_start.mkv
try ff "${i[@]}" "${x264[@]}" -bf 2 -g 10 -cluster_time_limit 300 h264_clusters.mkv
try ff "${i[@]}" "${x264[@]}" -bf 2 -g 10 -cluster_time_limit 300 -live 1 -f matroska h264_live.mkv
try ff "${i[@]}" "${x264[@]}" -r 30000/1001 h264_ntsc.mp4
try ff "${i[@]}" "${x264[@]}" -vf setsar=16/11 h264_wide_pixels.mp4
try ff "${i[@]}" "${x265[@]}" -preset ultrafast -tag:v hvc1 hevc.mp4
try ff "${i[@]}" "${x265[@]}" -preset medium hevc_bframes.mkv
try ff "${i[@]}" -c:v libx265 -preset medium -tag:v hev1 \
  -x265-params log-level=error:bframes=4:open-gop=1:keyint=12 hevc_open_gop.mp4
try ff "${i[@]}" "${x265[@]}" -preset fast -pix_fmt yuv420p10le -tag:v hvc1 hevc_10bit.mp4
try ff -i hevc.mp4 -metadata:s:v rotate=270 -c copy hevc_turned_270.mov
try ff "${i[@]}" "${vp9[@]}" vp9.webm
try ff -i odd.mkv "${vp9[@]}" vp9_odd.webm
try ff "${i[@]}" "${vp9[@]}" -pix_fmt yuv420p10le -profile:v 2 vp9_10bit.webm
try ff "${i[@]}" -c:v libvpx-vp9 -deadline good -cpu-used 4 -auto-alt-ref 1 -lag-in-frames 16 \
  vp9_hidden_frames.webm
try ff -i vp9.webm -c copy vp9.mp4
try ff "${i[@]}" -c:v libaom-av1 -cpu-used 8 -crf 40 av1.mp4
try ff -i odd.mkv -c:v libaom-av1 -cpu-used 8 -crf 40 av1_odd.webm
try ff "${i[@]}" -c:v libaom-av1 -cpu-used 8 -crf 40 -pix_fmt yuv420p10le -frames:v 15 av1_10bit.mp4
try ff "${i[@]}" -c:v mjpeg -q:v 4 -pix_fmt yuvj420p mjpeg.avi
try ff "${i[@]}" -c:v mjpeg -q:v 4 -pix_fmt yuvj420p mjpeg.mov
try ff -i odd.mkv -c:v mjpeg -q:v 4 -pix_fmt yuvj420p mjpeg_odd.mkv
